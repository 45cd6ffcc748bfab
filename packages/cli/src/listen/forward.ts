import { createHmac } from 'node:crypto'
import { type HedgeEvent, signTestEvent } from '@hedgepayments/node'

/** The local server's answer to an event. */
export type Forwarded =
  | { readonly status: number; readonly durationMs: number }
  | { readonly status: null; readonly reason: string; readonly durationMs: number }

/** The deadline of a real delivery. */
const deadlineDefaultMs = 10_000

/** Sends an event like a real delivery, with the same headers, signatures and deadline. */
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
      // Like a real delivery, which counts a redirect as a failure.
      redirect: 'manual',
      signal: AbortSignal.any([target.signal, AbortSignal.timeout(deadlineMs)]),
    })
    // Not awaited: only the status matters, and a slow close must not delay the next event.
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
  // Standard Webhooks: the key is the decoded base64 after the prefix.
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
