import type { ErrorCode } from '@hedgepayments/contract'
import { commit } from '../database/commit.ts'
import type { Db, Tx } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import type { Answer, Reply } from '../http/answers/answer.ts'
import { errorBody, type Refusal } from '../http/answers/refusal.ts'
import type { Auth } from '../http/request/auth.ts'
import type { IdempotencyKey } from '../http/request/idempotency-key.ts'
import { answerKeyOf, openAnswer, sealAnswer } from '../sealing/sealed-answers.ts'
import { claimKey, findRecord, storeAnswer } from './records.sql.ts'
import { recordDropped, refuseRecord, storedAnswer } from './replay.ts'

/** Refusals by the payment's state. They are replayed like a success. */
const storedRefusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'payment_not_cancelable',
  'payment_not_capturable',
  'payment_not_refundable',
  'payment_not_resolvable',
  'refund_amount_exceeded',
  'precondition_failed',
  'checkout_session_not_open',
])

class RolledBack extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super('rolled back')
    this.refusal = refusal
  }
}

/**
 * Runs `work` and writes the record of its idempotency key in one transaction. A repeated request
 * gets the first answer. A refusal that is not stored (bad input, not found) rolls everything back,
 * and the key is free again.
 *
 * A second request with the same key waits while the first one runs, and then gets its answer.
 */
export async function once(
  db: Db,
  request: {
    auth: Auth
    operationId: string
    idempotency: IdempotencyKey | null
  },
  work: (tx: Tx) => Promise<Reply>,
): Promise<Reply> {
  const { auth, idempotency } = request
  try {
    const reply = await commit(db, 'record', async (tx) => {
      if (!idempotency) return rollBackUnlessStored(await work(tx))
      const isNew = await claimKey(tx, {
        account: auth,
        key: idempotency.key,
        operation: request.operationId,
        requestHash: idempotency.requestHash,
      })
      if (!isNew) return null
      const first = serialized(rollBackUnlessStored(await work(tx)))
      const isStored = await storeAnswer(tx, {
        account: auth,
        key: idempotency.key,
        token: null,
        httpStatus: first.status,
        body: sealed(first.body, request.auth, idempotency),
        eventSequence: sequenceInEtag(first),
      })
      if (!isStored) throw new Error('another request has a key that this transaction has claimed')
      return first
    })
    if (reply) return reply
  } catch (error) {
    if (error instanceof RolledBack) return error.refusal
    throw error
  }
  if (!idempotency) throw new Error('a request without a key cannot have been recorded')
  const record = await findRecord(db, { account: auth, key: idempotency.key })
  if (!record) return recordDropped()
  return refuseRecord(record, idempotency) ?? unsealed(storedAnswer(record), auth, idempotency)
}

function sealed(text: string, account: Account, { key, sealedBy }: IdempotencyKey): string {
  if (sealedBy === undefined) return text
  return sealAnswer({ text, name: nameOf(account, key), key: answerKeyOf(sealedBy) })
}

function unsealed(
  stored: Answer & { body: string },
  account: Account,
  { key, sealedBy }: IdempotencyKey,
): Answer {
  if (sealedBy === undefined) return stored
  const name = nameOf(account, key)
  return { ...stored, body: openAnswer({ text: stored.body, name, key: answerKeyOf(sealedBy) }) }
}

function nameOf({ merchantId, livemode }: Account, key: string): string {
  return `${merchantId} ${livemode} ${key}`
}

/** The payment's version in the ETag of an answer. The replay shows the same ETag. */
export function sequenceInEtag({ headers }: Answer): number | null {
  const version = /^"(\d+)"$/.exec(headers?.etag ?? '')?.[1]
  return version === undefined ? null : Number(version)
}

function rollBackUnlessStored(reply: Reply): Reply {
  if (reply.refusal && !storedRefusals.has(reply.code)) throw new RolledBack(reply)
  return reply
}

/** The answer with its body as text, so that the stored and the sent bytes are the same. */
export function serialized(reply: Reply): Answer & { body: string } {
  const body = reply.refusal ? errorBody(reply) : reply.body
  return {
    status: reply.status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(reply.headers ? { headers: reply.headers } : {}),
  }
}
