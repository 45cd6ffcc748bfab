import type { DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import { explain } from '../../outgoing/errors.ts'
import { traceHeaders } from '../../tracing/spans.ts'
import type { Reach } from '../send/address.ts'
import type { Incoming, Send } from '../send/send.ts'
import { type Signer, signatureHeaders } from '../send/signature.ts'
import { retryDelayMs } from './retry-schedule.ts'

/** The event that is sent, and the keys that sign it. */
export interface Message {
  /** Id of the event. Receivers deduplicate by it. */
  readonly id: string
  readonly body: Buffer
  readonly signers: readonly Signer[]
}

/** The outcome of an attempt, or of a delivery that could not be attempted. */
export interface Outcome {
  readonly delivery: DeliveryRow
  readonly result: 'delivered' | 'failed' | 'unsent'
  /** The pause before the next attempt; `null`: this was the last one. */
  readonly retryDelayMs: number | null
  readonly responseCode: number | null
  readonly durationMs: number | null
  readonly error: string | null
  readonly responseBody: string | null
  /** Whether the receiver answered that it wants no more events. */
  readonly isGone: boolean
}

/** The status by which a receiver says that it wants no more events. Source: api.md, Webhooks. */
const goneStatus = 410

/** Everything that one attempt needs. */
export interface AttemptRequest {
  readonly delivery: DeliveryRow
  readonly endpoint: EndpointRow
  readonly message: Message
  readonly reach: Reach
  readonly send: Send
  /** Aborts the attempt because this process stops. */
  readonly stopping: AbortSignal
}

/** Sends a delivery once and returns the outcome. An attempt that a stop aborts does not count. */
export async function attempt(request: AttemptRequest): Promise<Outcome> {
  const { delivery, stopping } = request
  const startedMs = performance.now()
  const nowMs = Date.now()
  const delayAfterFailure = (retryAfter: string | null) =>
    retryDelayMs({
      livemode: delivery.livemode,
      tries: delivery.tries + 1,
      retryAfter,
      nowMs,
      random: Math.random(),
    })
  const ended = () => ({ delivery, durationMs: Math.round(performance.now() - startedMs) })
  try {
    const { status, retryAfter, body } = await sendOnce(request, nowMs)
    const isDelivered = status >= 200 && status <= 299
    return {
      ...ended(),
      result: isDelivered ? 'delivered' : 'failed',
      retryDelayMs: isDelivered || status === goneStatus ? null : delayAfterFailure(retryAfter),
      responseCode: status,
      error: isDelivered ? null : errorOf(status),
      responseBody: body,
      isGone: status === goneStatus,
    }
  } catch (error) {
    if (stopping.aborted) return notSent(delivery, { retryDelayMs: 0, error: null })
    return {
      ...ended(),
      result: 'failed',
      retryDelayMs: delayAfterFailure(null),
      responseCode: null,
      error: explain(error),
      responseBody: null,
      isGone: false,
    }
  }
}

async function sendOnce(
  { delivery, endpoint, message, reach, send, stopping }: AttemptRequest,
  nowMs: number,
): Promise<Incoming> {
  return await send({
    url: endpoint.url,
    livemode: delivery.livemode,
    reach,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'HedgePayments-Webhooks/1.0',
      ...traceHeaders(),
      ...signatureHeaders({ ...message, timestamp: Math.floor(nowMs / 1000) }),
    },
    body: message.body,
    signal: stopping,
  })
}

/**
 * The outcome of a delivery that was not sent: it fails with an `error`, or another process sends it
 * after `retryDelayMs`.
 */
export function notSent(
  delivery: DeliveryRow,
  { retryDelayMs, error }: { retryDelayMs: number | null; error: string | null },
): Outcome {
  return {
    delivery,
    result: 'unsent',
    retryDelayMs,
    responseCode: null,
    durationMs: null,
    error,
    responseBody: null,
    isGone: false,
  }
}

function errorOf(status: number): string {
  if (status === goneStatus) return 'Answered 410: the endpoint was disabled.'
  if (status === 101) return 'Answered 101: the connection was switched to another protocol.'
  if (status >= 300 && status <= 399) return `Answered ${status}: redirects are not followed.`
  return `Answered ${status}.`
}
