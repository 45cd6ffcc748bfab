import type { ClientBase } from 'pg'
import type { Wanted } from './address.ts'

/** The role of a server now. */
export interface Role {
  /** Why the server cannot be used; `null`: it can. */
  readonly unfit: string | null
  /** How many standbys have become the primary in its history; 0 where the engine has no timelines. */
  readonly timeline: number
}

/**
 * Reads the role of a server over a connection to it.
 *
 * @throws the errors of the driver, also when the server does not answer for `timeoutMs`.
 */
export async function readRole(
  client: ClientBase,
  { wanted, timeoutMs }: { wanted: Wanted; timeoutMs: number },
): Promise<Role> {
  const read = async (text: string) => {
    const query = { text, rowMode: 'array' as const, query_timeout: timeoutMs }
    return String((await client.query<unknown[]>(query)).rows[0]?.[0])
  }
  if (wanted === 'primary' && (await read('select pg_is_in_recovery()')) !== 'false') {
    return { unfit: 'it is a standby', timeline: 0 }
  }
  if (wanted === 'read-write' && (await read('show transaction_read_only')) !== 'off') {
    return { unfit: 'it takes no writes, as a standby does', timeline: 0 }
  }
  // The first eight digits of a log file's name are the timeline. A standby has no such file, and
  // engines without PostgreSQL's log have none either. Then timelines are not compared.
  const file = await read('select pg_walfile_name(pg_current_wal_insert_lsn())').catch(
    (error: { severity?: string }) => {
      if (error.severity !== 'ERROR') throw error
      return ''
    },
  )
  return {
    unfit: null,
    timeline: /^[\dA-F]{24}$/.test(file) ? Number.parseInt(file.slice(0, 8), 16) : 0,
  }
}
