import { setImmediate as turn } from 'node:timers/promises'
import { createCancellation } from '../../packages/server/src/cancellations/create.ts'
import { renderCancellation } from '../../packages/server/src/cancellations/render.ts'
import { createCancellationWorker } from '../../packages/server/src/cancellations/run/worker.ts'
import { toTimestamp } from '../../packages/server/src/domain/time.ts'
import { answer, type Reply } from '../../packages/server/src/http/answers/answer.ts'
import { errorBody } from '../../packages/server/src/http/answers/refusal.ts'
import type { Loop } from '../../packages/server/src/jobs/loop.ts'
import { cancelByKey } from '../../packages/server/src/payments/cancel/cancel-by-key.ts'
import { refundPayment } from '../../packages/server/src/payments/refund/refund.ts'
import { reversePayment } from '../../packages/server/src/payments/reverse/reverse.ts'
import { initiatePayment } from '../../packages/server/src/payments/submit/initiate.ts'
import { submissionLeaseSeconds } from '../../packages/server/src/payments/submit/submission.ts'
import type { Chance } from '../support/chance.ts'
import type { Arena } from './arena.ts'
import { amountMinor, createKeyOf, type Start } from './starts.ts'

/** A client that requests something of a payment after a delay. */
export interface Rival {
  readonly kind: 'cancel' | 'cancel by key' | 'bulk' | 'initiate' | 'refund' | 'reverse' | 'work'
  readonly side: 0 | 1
  /** Turns of the event loop before it begins. */
  readonly turns: number
  /** Names its request, so that what it did can be told from what others did. */
  readonly reason: string
  readonly key: string | null
  readonly amountMinor: number | null
  readonly token: string
}

/** What a rival was told. A cancellation of many is told later. */
export interface Told {
  readonly rival: Rival
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly body: any
}

const tokens = ['tok_visa', 'tok_visa', 'tok_chargeDeclined', 'tok_captureDeclined'] as const

/** Who wants what, by how far the payment has come: mostly what can succeed, and cancels always. */
const wishes = {
  early: ['cancel', 'cancel', 'cancel by key', 'bulk', 'initiate', 'initiate', 'reverse', 'refund'],
  late: ['cancel', 'cancel by key', 'bulk', 'refund', 'refund', 'refund', 'reverse', 'initiate'],
} as const

/** Longest wait before a rival begins: in some races as long as a submission takes. */
const turnsMax = { hurried: 12, patient: 600 }

/** Draws the rivals of one payment: two to five, and a worker where there is work for it. */
export function drawRivals(chance: Chance, start: Start, paymentId: string): Rival[] {
  const isEarly = start.through === 'created' || start.through === 'initiated'
  const kinds = wishes[isEarly ? 'early' : 'late']
  const isPatient = chance.once(3)
  const draw = (kind: Rival['kind'], n: number): Rival => ({
    kind,
    side: chance.below(2) as 0 | 1,
    turns: chance.below(turnsMax[isPatient && kind !== 'initiate' ? 'patient' : 'hurried']),
    reason: `${kind} ${n}`,
    // A third of the requests has a key, and some cancels share theirs with another.
    key: chance.once(3)
      ? `${paymentId} ${kind === 'cancel' && chance.once(3) ? 'shared' : n}`
      : null,
    amountMinor: chance.once(3) ? null : 1 + chance.below(amountMinor + 50),
    token: chance.pick(tokens),
  })
  const rivals = Array.from({ length: 2 + chance.below(4) }, (_, n) => draw(chance.pick(kinds), n))
  return start.isDue ? [...rivals, draw('work', rivals.length)] : rivals
}

/** Has the rival do what it wants. `null`: there is no answer, or not yet. */
export async function run(
  arena: Arena,
  workers: readonly Loop[],
  race: { rival: Rival; paymentId: string },
): Promise<Told | null> {
  const { rival, paymentId } = race
  for (let n = 0; n < rival.turns; n++) await turn()
  if (rival.kind === 'work') {
    workers[rival.side]?.nudge()
    return null
  }
  const reply = await act(arena, rival, paymentId)
  if (rival.kind === 'bulk') return null
  const body = reply.refusal ? errorBody(reply) : reply.body
  const read: unknown = JSON.parse(typeof body === 'string' ? body : JSON.stringify(body))
  return { rival, status: reply.status, body: read }
}

async function act(arena: Arena, rival: Rival, paymentId: string): Promise<Reply> {
  const { auth } = arena
  const side = arena.sides[rival.side]
  const { db } = side.database
  const { key } = rival
  const reason = reasonOf(rival)
  const now = toTimestamp(Date.now())
  const idempotency = key === null ? null : { key, requestHash: hashOf(reason) }
  const request = {
    auth,
    paymentId,
    reason,
    idempotency,
    ifMatch: null,
    now,
    operationId: rival.kind,
  }
  switch (rival.kind) {
    case 'cancel':
      return await side.cancel(request)
    case 'cancel by key':
      return await cancelByKey(db, { ...request, createKey: createKeyOf(paymentId) })
    case 'bulk': {
      const body = { payment_ids: [paymentId as never], reason }
      const row = await db
        .transaction()
        .execute((tx) => createCancellation(tx, { auth, body, now }))
      const worker = createCancellationWorker(db)
      while (await worker.step()) await turn()
      return 'refusal' in row ? row : answer(201, renderCancellation(row))
    }
    case 'initiate': {
      const onWork = () => undefined
      const leaseSeconds = submissionLeaseSeconds
      const submitter = { db, processors: side.processors, onWork, leaseSeconds }
      return await initiatePayment(submitter, { ...request, token: rival.token })
    }
    case 'refund': {
      const amount = rival.amountMinor
      const body = { reason, ...(amount === null ? {} : { amount }) }
      return await refundPayment(db, { ...request, body })
    }
    case 'reverse':
      return await reversePayment(db, request)
    case 'work':
      throw new Error('work has no answer')
  }
}

/** What its request says. Requests with one key are one request, and say the same. */
export function reasonOf({ reason, key }: Rival): string {
  return key?.endsWith(' shared') ? 'shared' : reason
}

function hashOf(text: string): Buffer {
  return Buffer.from(text.padEnd(32).slice(0, 32))
}
