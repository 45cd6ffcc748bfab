/** The bundled PostgreSQL cannot be used; the message says why, and what to do, in whole sentences. */
export class BundledPostgresError extends Error {
  override readonly name = 'BundledPostgresError'
}
