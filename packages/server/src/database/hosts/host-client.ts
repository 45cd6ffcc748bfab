import { Socket } from 'node:net'
import pg from 'pg'
import { preparedName } from './prepared.ts'
import { DatabaseUnreachableError } from './unreachable.ts'

type Query = (...values: unknown[]) => unknown

/**
 * A client that owns its socket, by the driver's `stream` option, and reports the errors of its
 * server. So the pool can break its connection at once, and learns that a host takes no writes.
 */
export class HostClient extends pg.Client {
  readonly #socket: Socket
  /** Called with the SQLSTATE of each statement that the server refuses. */
  onRefusal: (code: string) => void = () => undefined

  constructor(config?: pg.ClientConfig) {
    const socket = new Socket()
    super({ ...config, stream: () => socket })
    this.#socket = socket
    this.#prepareStatements()
    this.#reportRefusals()
  }

  /**
   * Breaks the connection. The statement in flight fails with the reason, also if its answer has
   * arrived and is not parsed yet: the error event takes effect at once, `destroy(error)` on the
   * next tick only.
   */
  breakOff(reason: string): void {
    this.#socket.emit('error', new DatabaseUnreachableError(reason))
    this.#socket.destroy()
  }

  /** Sends the statements of `prepared` by their names. Query builders pass text and values only. */
  #prepareStatements(): void {
    const query = this.query.bind(this) as Query
    const preparing: Query = (text, values, ...rest) => {
      const name =
        typeof text === 'string' && Array.isArray(values) ? preparedName(text) : undefined
      return name === undefined
        ? query(text, values, ...rest)
        : query({ name, text, values }, ...rest)
    }
    this.query = preparing as typeof this.query
  }

  /** The driver calls back or returns a promise: both ways lead through here. */
  #reportRefusals(): void {
    const query = this.query.bind(this) as Query
    const report = (error: unknown) => {
      const { code } = (error ?? {}) as { code?: unknown }
      if (typeof code === 'string') this.onRefusal(code)
    }
    const reporting: Query = (...values) => {
      const callback = values.at(-1)
      if (typeof callback === 'function') {
        const reportAndCall = (error: unknown, result: unknown) => {
          report(error)
          callback(error, result)
        }
        return query(...values.slice(0, -1), reportAndCall)
      }
      const result = query(...values)
      if (result instanceof Promise) result.catch(report)
      return result
    }
    this.query = reporting as typeof this.query
  }
}
