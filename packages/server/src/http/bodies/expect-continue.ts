import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Requests whose client sends the body after `100 Continue`. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>()

/**
 * Handles requests with `Expect: 100-continue` like all others. Node would send `100 Continue` before
 * the key is checked. A refused request gets its final answer instead, and Node closes its
 * connection. Source: RFC 9110, section 10.1.1.
 */
export function deferContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response)
    server.emit('request', request, response)
  })
}

/** Sends `100 Continue` if the client waits for it. Call it before reading the body. */
export function inviteBody(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue()
  waiting.delete(request)
}
