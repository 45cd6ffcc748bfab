import { createServer, type Server } from 'node:http'
import { unavailable } from '../http/answers/failures.ts'
import { errorBody } from '../http/answers/refusal.ts'
import { listenFailure } from './listen.ts'

/**
 * Answers the probes of a service manager while this process migrates the database, which may take an hour:
 * `/healthz` with 200, because the process works, and `/readyz` with 503. Every other connection is closed
 * without an answer, as if nothing listened: a proxy sends the request to another process.
 *
 * @returns a function that frees the port.
 * @throws {ConfigError} when the system refuses the port.
 */
export async function answerProbes(address: {
  port: number
  host: string
}): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (path === '/healthz') respond(200, { status: 'ok' })
    else if (path === '/readyz') {
      const refusal = unavailable('This process is migrating the database.')
      respond(refusal.status, errorBody(refusal), refusal.headers)
    } else response.destroy()

    function respond(status: number, body: object, headers = {}) {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    }
  })
  await listen(server, address)
  return async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
}

async function listen(server: Server, address: { port: number; host: string }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailure(cause, address)))
    server.listen(address, resolve)
  })
}
