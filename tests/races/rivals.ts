import { setImmediate as turn } from 'node:timers/promises'
import { createCancellation } from '../../packages/server/src/cancellations/create.ts'
import { renderCancellation } from '../../packages/server/src/cancellations/render.ts'
import { createCancellationWorker } from '../../packages/server/src/cancellations/run/worker.ts'
import { toTimestamp } from '../../packages/server/src/domain/time.ts'
import { answer, type Reply } from '../../packages/server/src/http/answers/answer.ts'
import { errorBody } from '../../packages/server/src/http/answers/refusal.ts'
import type { Loop } from '../../packages/server/src/jobs/loop.ts'
import { cancelByKey } from '../../packages/server/src/payments/cancel/cancel-by-key.ts'
import { requestCapture } from '../../packages/server/src/payments/capture/capture.ts'
import { refundPayment } from '../../packages/server/src/payments/refund/refund.ts'
import { reversePayment } from '../../packages/server/src/payments/reverse/reverse.ts'
import { initiatePayment } from '../../packages/server/src/payments/submit/initiate.ts'
import { submissionLeaseSeconds } from '../../packages/server/src/payments/submit/submission.ts'
import { createLog } from '../../packages/server/src/wiring/log.ts'
import type { Chance } from '../support/chance.ts'
import type { Arena } from './arena.ts'
import { amountMinor, createKeyOf, type Start } from './starts.ts'

/** A client that sends one request about a payment, or a worker that is nudged, after a delay. */
export interface Rival {
  readonly kind:
    | 'cancel'
    | 'cancel by key'
    | 'bulk'
    | 'initiate'
    | 'capture'
    | 'refund'
    | 'reverse'
    | 'work'
  readonly side: 0 | 1
  /** Turns of the event loop before the request is sent. */
  readonly turns: number
  /** The `reason` of the request. It is unique in a race, so records can be traced to their request. */
  readonly reason: string
  /** The idempotency key. */
  readonly key: string | null
  /** The amount of a capture or a refund. `null`: the whole amount, or everything that is left. */
  readonly amountMinor: number | null
  /** What an `initiate` pays with. */
  readonly token: string
}

/** The answer to a rival's request. A bulk cancel has none, because its result comes later. */
export interface RivalAnswer {
  readonly rival: Rival
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly body: any
}

const tokens = ['tok_visa', 'tok_visa', 'tok_chargeDeclined', 'tok_captureDeclined'] as const

/** Requests to draw from, by the payment's state: mostly those that can succeed, and always cancels. */
const kindsToDraw = {
  created: [
    'cancel',
    'cancel',
    'cancel by key',
    'bulk',
    'initiate',
    'initiate',
    'reverse',
    'refund',
  ],
  initiated: [
    'cancel',
    'cancel',
    'cancel by key',
    'bulk',
    'capture',
    'capture',
    'reverse',
    'refund',
  ],
  late: [
    ...['cancel', 'cancel by key', 'bulk', 'refund', 'refund', 'refund', 'reverse'],
    ...['initiate', 'capture'],
  ],
} as const

/** Longest delay of a rival, in turns of the event loop. `patient` is about as long as a submission. */
const turnsMax = { hurried: 12, patient: 600 }

/** Draws the rivals of one payment: two to five clients, and a worker if the payment has a due task. */
export function drawRivals(chance: Chance, start: Start, paymentId: string): Rival[] {
  const isEarly = start.through === 'created' || start.through === 'initiated'
  const kinds = kindsToDraw[isEarly ? start.through : 'late']
  const isPatient = chance.once(3)
  const draw = (kind: Rival['kind'], n: number): Rival => ({
    kind,
    side: chance.below(2) as 0 | 1,
    turns: chance.below(turnsMax[isPatient && kind !== 'initiate' ? 'patient' : 'hurried']),
    reason: `${kind} ${n}`,
    // A third of the requests have a key. Some cancels share one key.
    key: chance.once(3)
      ? `${paymentId} ${kind === 'cancel' && chance.once(3) ? 'shared' : n}`
      : null,
    amountMinor: chance.once(3) ? null : 1 + chance.below(amountMinor + 50),
    token: chance.pick(tokens),
  })
  const rivals = Array.from({ length: 2 + chance.below(4) }, (_, n) => draw(chance.pick(kinds), n))
  return start.isDue ? [...rivals, draw('work', rivals.length)] : rivals
}

/** Runs one rival. Resolves with `null` for a worker and for a bulk cancel: they have no answer. */
export async function run(
  arena: Arena,
  workers: readonly Loop[],
  race: { rival: Rival; paymentId: string },
): Promise<RivalAnswer | null> {
  const { rival, paymentId } = race
  for (let n = 0; n < rival.turns; n++) await turn()
  if (rival.kind === 'work') {
    workers[rival.side]?.nudge()
    return null
  }
  const reply = await send(arena, rival, paymentId)
  if (rival.kind === 'bulk') return null
  const body = reply.refusal ? errorBody(reply) : reply.body
  const parsed: unknown = JSON.parse(typeof body === 'string' ? body : JSON.stringify(body))
  return { rival, status: reply.status, body: parsed }
}

async function send(arena: Arena, rival: Rival, paymentId: string): Promise<Reply> {
  const { auth } = arena
  const side = arena.sides[rival.side]
  const { processors } = side
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
      const worker = createCancellationWorker(db, createLog('silent'))
      while (await worker.step()) await turn()
      return 'refusal' in row ? row : answer(201, renderCancellation(row))
    }
    case 'initiate': {
      const onWork = () => undefined
      const leaseSeconds = submissionLeaseSeconds
      const { batches } = side
      const dependencies = { db, processors, batches, onWork, leaseSeconds }
      return await initiatePayment(dependencies, { ...request, token: rival.token })
    }
    case 'capture': {
      const amount = rival.amountMinor
      const body = amount === null ? {} : { amount }
      return await requestCapture(db, { ...request, processors, body })
    }
    case 'refund': {
      const amount = rival.amountMinor
      const body = { reason, ...(amount === null ? {} : { amount }) }
      return await refundPayment(db, { ...request, processors, body })
    }
    case 'reverse':
      return await reversePayment(db, request)
    case 'work':
      throw new Error('work has no answer')
  }
}

/** The `reason` that a rival sends. Requests that share a key have the same reason, so the same body. */
export function reasonOf({ reason, key }: Rival): string {
  return key?.endsWith(' shared') ? 'shared' : reason
}

function hashOf(text: string): Buffer {
  return Buffer.from(text.padEnd(32).slice(0, 32))
}
