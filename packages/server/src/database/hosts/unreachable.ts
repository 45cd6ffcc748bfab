/**
 * The database cannot be used now, or not for writing. A request that failed with this error was not
 * acknowledged. The message names hosts and ports, and no secrets.
 */
export class DatabaseUnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseUnreachableError'
  }
}
