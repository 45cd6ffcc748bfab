import type { ClientBase } from 'pg'
import type { Wanted } from './address.ts'

/** What a server is at the moment. */
export interface Role {
  /** Why it will not do; `null` where it will. */
  readonly unfit: string | null
  /** How often a standby has become the primary in its history; 0 where the engine does not say. */
  readonly timeline: number
}

/**
 * Asks a server what it is, over a connection to it.
 *
 * @throws what the driver throws, also when it says nothing for `timeoutMs`.
 */
export async function askRole(
  client: ClientBase,
  { wanted, timeoutMs }: { wanted: Wanted; timeoutMs: number },
): Promise<Role> {
  const ask = async (text: string) => {
    const query = { text, rowMode: 'array' as const, query_timeout: timeoutMs }
    return String((await client.query<unknown[]>(query)).rows[0]?.[0])
  }
  if (wanted === 'primary' && (await ask('select pg_is_in_recovery()')) !== 'false') {
    return { unfit: 'it is a standby', timeline: 0 }
  }
  if (wanted === 'read-write' && (await ask('show transaction_read_only')) !== 'off') {
    return { unfit: 'it takes no writes, as a standby does', timeline: 0 }
  }
  // The first eight digits of a log file's name are the timeline. A standby has none of its own,
  // nor have engines without PostgreSQL's log: then there is nothing to compare.
  const file = await ask('select pg_walfile_name(pg_current_wal_insert_lsn())').catch(
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
