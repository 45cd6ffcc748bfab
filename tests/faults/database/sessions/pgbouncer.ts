import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { query } from '../../../support/databases/postgres-server.ts'
import { until } from '../../../support/until.ts'
import type { Pooler, PoolMode } from './pooler.ts'

/** Whether the machine has PgBouncer. Where it does not, a pooler of the tests stands in alone. */
export const installedPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0

const nobody = { uid: 65_534, gid: 65_534 }

/** Opens a PgBouncer with its default settings on a free port, like `openPooler`. */
export async function openPgBouncer(given: {
  target: string
  mode: PoolMode
  sessionsMax: number
}): Promise<Pooler> {
  const target = new URL(given.target)
  const folder = await mkdtemp(join(tmpdir(), 'hedge-pgbouncer-'))
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  const name = target.pathname.slice(1)
  const host = target.searchParams.get('host') ?? target.hostname
  const password = target.password && ` password=${decodeURIComponent(target.password)}`
  await writeFile(
    file,
    `[databases]
${name} = host=${host} port=${target.port || target.searchParams.get('port')} dbname=${name} user=${target.username}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
auth_type = any
pool_mode = ${given.mode}
default_pool_size = ${given.sessionsMax}
unix_socket_dir =
`,
  )
  await Promise.all([chmod(folder, 0o755), chmod(file, 0o644)])
  // PgBouncer refuses to run as root, and PostgreSQL's socket is for one user. By TCP, any user will do.
  const { uid, gid } = host.startsWith('/') ? await stat(host) : nobody
  const account = process.getuid?.() === 0 ? { uid, gid } : {}
  const child = spawn('pgbouncer', [file], { stdio: 'ignore', ...account })
  const exited = once(child, 'exit')
  const url = new URL(given.target)
  url.host = `127.0.0.1:${port}`
  url.search = ''
  await until('PgBouncer answers', () =>
    query(url.href, 'select 1').then(
      () => true,
      () => false,
    ),
  )
  return {
    url: url.href,
    setMode: () => undefined,
    cut: () => undefined,
    async close() {
      child.kill('SIGKILL')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
