/**
 * The database cannot be used at the moment, or not for writing, as far as this process knows.
 * Nothing that failed with it was acknowledged to anybody. Names hosts and ports, no secrets.
 */
export class DatabaseUnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseUnreachableError'
  }
}
