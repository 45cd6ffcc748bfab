import type { FastifyInstance } from 'fastify'
import { ConfigError } from './environment/read.ts'

/**
 * Connections that the operating system queues while the server is busy. Beyond it, a client's first
 * request waits for seconds: Node's default of 511 is too low when thousands of clients reconnect.
 * The system may allow fewer (`net.core.somaxconn`).
 */
const queuedConnectionsMax = 4_096

/**
 * Opens the port, and returns the address.
 *
 * @throws {ConfigError} when the system refuses it. The message names the variable to change.
 */
export async function listen(
  app: FastifyInstance,
  { port, host }: { port: number; host: string },
): Promise<string> {
  try {
    return await app.listen({ port, host, backlog: queuedConnectionsMax })
  } catch (cause) {
    throw listenFailure(cause as NodeJS.ErrnoException, { port, host })
  }
}

/** What to tell an operator when the system refuses a port. */
export function listenFailure(
  cause: NodeJS.ErrnoException,
  { port, host }: { port: number; host: string },
): Error {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        `PORT: the port ${port} of ${host} is in use: stop what listens there, or set PORT to ` +
          'another one, or to 0 for any that is free.',
      )
    case 'EACCES':
      return new ConfigError(
        `PORT: this user may not listen on port ${port}: set PORT to one from 1024 on.`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new ConfigError(
        `HOST: expected an address of this machine, such as 127.0.0.1 or 0.0.0.0, got ` +
          `${JSON.stringify(host)} (${cause.code}).`,
      )
    default:
      return cause
  }
}
