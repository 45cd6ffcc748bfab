import { createHmac } from 'node:crypto'
import { type HedgeEvent, signTestEvent } from '@hedgepayments/node'

/** What became of one event at the local server. */
export type Forwarded =
  | { readonly status: number; readonly durationMs: number }
  | { readonly status: null; readonly reason: string; readonly durationMs: number }

/** As long as a real delivery waits. Source: api.md, Webhooks. */
const deadlineDefaultMs = 10_000

/** Sends an event as a real delivery is sent: the same headers, signatures and deadline. */
export async function forward(
  event: HedgeEvent,
  target: { url: string; secret: string; signal: AbortSignal; deadlineMs?: number },
): Promise<Forwarded> {
  const { deadlineMs = deadlineDefaultMs } = target
  const body = JSON.stringify(event)
  const headers = await signedHeaders({ id: event.id, body, secret: target.secret })
  const startedMs = performance.now()
  const durationMs = () => Math.round(performance.now() - startedMs)
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
      body,
      // A real delivery does not follow it either: it counts as a failure.
      redirect: 'manual',
      signal: AbortSignal.any([target.signal, AbortSignal.timeout(deadlineMs)]),
    })
    // Not awaited: the status is what counts, and closing the connection must not hold events up.
    response.body?.cancel().catch(() => undefined)
    return { status: response.status, durationMs: durationMs() }
  } catch (error) {
    return { status: null, reason: reasonOf(error, deadlineMs), durationMs: durationMs() }
  }
}

async function signedHeaders(signed: { id: string; body: string; secret: string }) {
  const { id, body, secret } = signed
  const own = await signTestEvent(body, secret)
  const timestamp = /^t=(\d+)/.exec(own)?.[1] ?? ''
  // Standard Webhooks: the key is what the base64 behind the prefix says.
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'user-agent': 'HedgePayments-Webhooks/1.0',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
    'x-hedge-signature': own,
  }
}

function reasonOf(error: unknown, deadlineMs: number): string {
  const { name, message, cause } = error as Error
  if (name === 'TimeoutError') return `no answer within ${deadlineMs / 1_000} s`
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  return code ?? message
}
