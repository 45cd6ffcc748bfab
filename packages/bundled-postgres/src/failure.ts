/** The bundled PostgreSQL cannot be used. The message says why and what to do, in whole sentences. */
export class BundledPostgresError extends Error {
  override readonly name = 'BundledPostgresError'
}
