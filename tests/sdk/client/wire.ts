import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { expect, vi } from 'vitest'
import { HedgePayments, type HedgePaymentsOptions } from '../../../packages/node/src/index.ts'
import { listen } from './listen.ts'

/** The reaction of a scripted server to one request. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  /** Accepts the request and never answers. */
  | 'hang'
  /** Closes the connection before, or in the middle of, the answer. */
  | 'cut'
  | 'cut body'

export interface WireRequest {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Wire {
  url: string
  requests: WireRequest[]
  client: (options?: HedgePaymentsOptions) => HedgePayments
}

export const testSecret = 'sk_test_4f9a1c7be2'

/**
 * Starts an HTTP server that sends these replies, one per request, and records the requests. It
 * simulates faults of a network or a proxy. It closes with the test.
 */
export async function startWire(...replies: Reply[]): Promise<Wire> {
  const requests: WireRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    const reply = replies[requests.length] ?? { status: 418, body: 'the script is over' }
    requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    answer(response, reply)
  })
  const url = await listen(server)
  const client = (options: HedgePaymentsOptions = {}) =>
    new HedgePayments({ apiSecret: testSecret, baseUrl: url, ...options })
  return { url, requests, client }
}

/** An error answer in the form of the contract. */
export function refusal(
  status: number,
  code: string,
  more: { details?: unknown; headers?: Record<string, string> } = {},
): Reply {
  const error = { code, message: `about ${code}`, details: more.details }
  return { status, headers: { 'x-request-id': 'req_1', ...more.headers }, body: { error } }
}

/** Sets the jitter to zero, so that retries are immediate. */
export function withoutWaiting(): void {
  vi.spyOn(Math, 'random').mockReturnValue(0)
}

/** Returns the error of a call. Fails the test if the call succeeds. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(
    () => expect.unreachable('the call should have failed'),
    (error: unknown) => error,
  )
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return
  if (reply === 'cut') {
    response.destroy()
    return
  }
  if (reply === 'cut body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"id":', () => response.destroy())
    return
  }
  const { status = 200, headers = {}, body = { id: 'pay_1', object: 'payment' } } = reply
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
