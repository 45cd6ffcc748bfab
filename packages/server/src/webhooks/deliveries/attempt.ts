import type { DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import { explain } from '../../outgoing/errors.ts'
import { traceHeaders } from '../../tracing/spans.ts'
import type { Reach } from '../send/address.ts'
import type { Send } from '../send/send.ts'
import { type Signer, signatureHeaders } from '../send/signature.ts'
import type { Outcome } from './queue.sql.ts'
import { retryDelayMs } from './schedule.ts'

/** What is sent: the event in the bytes that are signed, and who signs. */
export interface Package {
  /** Id of the event: what a receiver deduplicates on. */
  readonly id: string
  readonly body: Buffer
  readonly signers: readonly Signer[]
}

/** The receiver is gone for good. Source: api.md, Webhooks. */
const goneStatus = 410

/** Sends once, and says what came of it. An attempt that a stop cuts short does not count. */
export async function attempt(given: {
  delivery: DeliveryRow
  endpoint: EndpointRow
  parcel: Package
  reach: Reach
  send: Send
  stopping: AbortSignal
}): Promise<Outcome> {
  const { delivery, endpoint, parcel } = given
  const startedAt = performance.now()
  const durationMs = () => Math.round(performance.now() - startedAt)
  const nowMs = Date.now()
  const failed = (retryAfter: string | null) =>
    retryDelayMs({
      livemode: delivery.livemode,
      tries: delivery.tries + 1,
      retryAfter,
      nowMs,
      random: Math.random(),
    })
  const signed = { id: parcel.id, body: parcel.body, signers: parcel.signers }
  try {
    const answer = await given.send({
      url: endpoint.url,
      livemode: delivery.livemode,
      reach: given.reach,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'HedgePayments-Webhooks/1.0',
        ...traceHeaders(),
        ...signatureHeaders({ ...signed, timestamp: Math.floor(nowMs / 1000) }),
      },
      body: parcel.body,
      signal: given.stopping,
    })
    const isDelivered = answer.status >= 200 && answer.status <= 299
    const isGone = answer.status === goneStatus
    return {
      delivery,
      result: isDelivered ? 'delivered' : 'failed',
      retryDelayMs: isDelivered || isGone ? null : failed(answer.retryAfter),
      responseCode: answer.status,
      durationMs: durationMs(),
      error: isDelivered ? null : refusedBecause(answer.status),
      responseBody: answer.body,
    }
  } catch (error) {
    if (given.stopping.aborted) return notSent(delivery, { retryDelayMs: 0, error: null })
    return {
      delivery,
      result: 'failed',
      retryDelayMs: failed(null),
      responseCode: null,
      durationMs: durationMs(),
      error: explain(error),
      responseBody: null,
    }
  }
}

/** The outcome of what was not even attempted: it is left for others, or given up. */
export function notSent(
  delivery: DeliveryRow,
  { retryDelayMs, error }: { retryDelayMs: number | null; error: string | null },
): Outcome {
  return {
    delivery,
    result: 'not sent',
    retryDelayMs,
    responseCode: null,
    durationMs: null,
    error,
    responseBody: null,
  }
}

/** Whether the receiver asked never to be sent anything again. */
export function isGone(outcome: Outcome): boolean {
  return outcome.responseCode === goneStatus
}

function refusedBecause(status: number): string {
  if (status === goneStatus) return 'Answered 410: the endpoint was disabled.'
  if (status === 101) return 'Answered 101: the connection was switched to another protocol.'
  if (status >= 300 && status <= 399) return `Answered ${status}: redirects are not followed.`
  return `Answered ${status}.`
}
