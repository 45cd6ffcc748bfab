import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { partialName } from './partial.ts'

/** Where the cluster listens: in the folder of its socket and, with a port, on loopback TCP. */
export type Listening = { socketFolder: string | undefined; tcpPort: number | undefined }

/** Without TCP, this is only a part of the socket's file name. */
const defaultPort = 5432

/** The path of the socket. PostgreSQL chooses the name of the file. */
export function socketPath({ socketFolder, tcpPort }: Listening): string | undefined {
  return socketFolder && join(socketFolder, `.s.PGSQL.${tcpPort ?? defaultPort}`)
}

/** For two cores and 4 GiB, shared with the server. A young database fits into memory. */
const performance = {
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // The bundled build has no lz4, and pglz costs more processor time than it saves disk time.
  wal_compression: 'off',
  // Short statements by primary key gain nothing from either setting, and take longer to plan.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
}

/** These are PostgreSQL's defaults. They are written out because payments depend on each of them. */
const durability = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  autovacuum: 'on',
}

/** A week of logs, a file a day. Statements, parameters and row contents (in details) stay out. */
const logging = {
  logging_collector: 'on',
  log_destination: 'stderr',
  log_filename: 'postgresql-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_statement: 'none',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_line_prefix: '%m [%p] %a ',
}

const hostRules = `# Written at every start: changes are lost.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`

/**
 * Writes postgresql.conf and pg_hba.conf into the home, where the account may read but not change
 * them. ALTER SYSTEM overrides them, for operators who tune a running system.
 */
export async function writeSettings(options: {
  home: string
  listening: Listening
  settings: Record<string, string>
}): Promise<void> {
  const { home, listening, settings } = options
  const { socketFolder, tcpPort } = listening
  const all = {
    ...performance,
    ...durability,
    ...logging,
    data_directory: join(home, 'data'),
    hba_file: join(home, 'pg_hba.conf'),
    ident_file: join(home, 'data', 'pg_ident.conf'),
    log_directory: join(home, 'log'),
    timezone: 'UTC',
    log_timezone: 'UTC',
    password_encryption: 'scram-sha-256',
    listen_addresses: tcpPort === undefined ? '' : '127.0.0.1',
    port: String(tcpPort ?? defaultPort),
    // A list of names, quoted because the name of a folder may contain spaces and commas.
    unix_socket_directories: socketFolder ? `"${socketFolder.replaceAll('"', '""')}"` : '',
    unix_socket_permissions: '0700',
    ...settings,
  }
  // The settings that initdb found for this system come first, for example for shared memory.
  const lines = [
    '# Written at every start: changes are lost. Use ALTER SYSTEM.',
    `include_if_exists = ${quote(join(home, 'data', 'postgresql.conf'))}`,
    ...Object.entries(all).map(([name, value]) => `${name} = ${quote(value)}`),
  ]
  await replaceFile(join(home, 'postgresql.conf'), `${lines.join('\n')}\n`)
  await replaceFile(join(home, 'pg_hba.conf'), hostRules)
}

function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

async function replaceFile(file: string, text: string): Promise<void> {
  const partial = partialName(file)
  await rm(partial, { force: true })
  await writeFile(partial, text, { flag: 'wx', mode: 0o644 })
  // The umask must not decide this: the account has to read the file.
  await chmod(partial, 0o644)
  await rename(partial, file)
}
