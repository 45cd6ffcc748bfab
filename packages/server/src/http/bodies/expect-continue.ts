import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Requests whose client waits for `100 Continue` before it sends the body. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>()

/**
 * Handles requests with `Expect: 100-continue` like all others. Node would invite each body at once, before the
 * key is checked. A request that is refused is answered without the invitation, and Node closes its
 * connection. Source: RFC 9110, section 10.1.1.
 */
export function deferContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response)
    server.emit('request', request, response)
  })
}

/** Sends `100 Continue` where the client waits for it: the body is about to be read. */
export function inviteBody(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue()
  waiting.delete(request)
}
