/**
 * Whether the database, or a pooler in front of it, refuses another connection now. This says
 * nothing about the host: the open connections work.
 */
export function isTooManyConnections(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string }
  // 53300 is also the code for the limit of a role and of a database. PgBouncer has only a message.
  return code === '53300' || /no more connections allowed/.test(message)
}
