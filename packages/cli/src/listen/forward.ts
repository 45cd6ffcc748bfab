import { createHmac } from 'node:crypto'
import { type ClientRequest, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type HedgeEvent, signTestEvent } from '@hedgepayments/node'

/** The local server's answer to an event. */
export type Forwarded =
  | { readonly status: number; readonly durationMs: number }
  | { readonly status: null; readonly reason: string; readonly durationMs: number }

/** The server that events are forwarded to. */
export interface ForwardTarget {
  readonly url: string
  readonly secret: string
  /** Accepts any certificate, such as a self-signed one. */
  readonly skipVerify?: boolean
}

/** The deadline of a real delivery. */
const deadlineDefaultMs = 10_000

/** Sends an event like a real delivery, with the same headers, signatures and deadline. */
export async function forward(
  event: HedgeEvent,
  target: ForwardTarget & { signal: AbortSignal; deadlineMs?: number },
): Promise<Forwarded> {
  const { deadlineMs = deadlineDefaultMs } = target
  const body = JSON.stringify(event)
  const headers = await signedHeaders({ id: event.id, body, secret: target.secret })
  const deadline = AbortSignal.timeout(deadlineMs)
  const startedMs = performance.now()
  const durationMs = () => Math.round(performance.now() - startedMs)
  try {
    const signal = AbortSignal.any([target.signal, deadline])
    const status = await post(target, { headers, body, signal })
    return { status, durationMs: durationMs() }
  } catch (error) {
    const isLate = deadline.aborted && !target.signal.aborted
    const reason = isLate ? `no answer within ${deadlineMs / 1_000} s` : reasonOf(error)
    return { status: null, reason, durationMs: durationMs() }
  }
}

/**
 * Sends the request and returns the status of the answer. A redirect is not followed: a real delivery
 * counts it as a failure. `fetch` was rejected: it refuses ports of other protocols, such as 6000, on
 * which a local server may listen.
 */
async function post(
  { url, skipVerify }: ForwardTarget,
  sent: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<number> {
  const { body, signal } = sent
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  const outgoing = request(url, {
    method: 'POST',
    headers: { ...sent.headers, 'content-length': Buffer.byteLength(body) },
    signal,
    // A new connection for each event, because a restarted server has closed the old ones.
    agent: false,
    rejectUnauthorized: !skipVerify,
  })
  const answered = statusOf(outgoing)
  outgoing.end(body)
  return await answered
}

/** The status of the answer. The body is not read, so that a slow body does not delay the next event. */
function statusOf(outgoing: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', (response) => {
      response.on('error', () => undefined)
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    // Without this listener, Node does not report an answer that switches to another protocol.
    outgoing.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy()
      resolve(statusCode ?? 0)
    })
    // Errors after the answer do not matter.
    outgoing.on('error', reject)
    outgoing.once('close', () => reject(new Error('the connection was closed without an answer')))
  })
}

async function signedHeaders(signed: { id: string; body: string; secret: string }) {
  const { id, body, secret } = signed
  const own = await signTestEvent(body, secret)
  const timestamp = /^t=(\d+)/.exec(own)?.[1] ?? ''
  // Standard Webhooks: the key is the decoded base64 after the prefix.
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'HedgePayments-Webhooks/1.0',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
    'x-hedge-signature': own,
  }
}

const certificateErrors =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_|ERR_TLS_CERT|UNABLE_TO_)/

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (certificateErrors.test(code)) {
    return `its certificate is not trusted (${code}); --skip-verify accepts it`
  }
  return code || message
}
