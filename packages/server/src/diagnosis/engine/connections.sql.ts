import type { Runner } from './settings.sql.ts'

/** Limits of connections, and those that are open now. */
export interface ConnectionState {
  readonly role: string
  readonly isSuperuser: boolean
  /** `null`: no limit. */
  readonly roleLimit: number | null
  /** `null`: no limit. */
  readonly databaseLimit: number | null
  /** Connections of servers of Hedge, without that of this session. */
  readonly servers: number
  /** The addresses that they come from. */
  readonly addresses: number
  /** Other connections: of the role, to the database, and to the whole PostgreSQL. */
  readonly othersOfRole: number
  readonly othersOfDatabase: number
  readonly others: number
}

/** Reads the limits and counts the connections. The server names its connections `hedge`. */
export async function readConnections(runner: Runner): Promise<ConnectionState> {
  const { rows } = await runner.query<ConnectionState>(
    `select r.rolname as role, r.rolsuper as "isSuperuser",
       nullif(r.rolconnlimit, -1) as "roleLimit", nullif(d.datconnlimit, -1) as "databaseLimit",
       a.*
     from pg_roles r, pg_database d, (
       select count(*) filter (where is_server)::integer as servers,
         count(distinct coalesce(client_addr, '::')) filter (where is_server)::integer as addresses,
         count(*) filter (where not is_server and usename = current_user)::integer
           as "othersOfRole",
         count(*) filter (where not is_server and datname = current_database())::integer
           as "othersOfDatabase",
         count(*) filter (where not is_server)::integer as others
       from (
         select *, application_name = 'hedge' and usename = current_user
           and datname = current_database() as is_server
         from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()
       ) connections
     ) a
     where r.rolname = current_user and d.datname = current_database()`,
  )
  if (!rows[0]) throw new Error('the role of the session has no row in pg_roles')
  return rows[0]
}
