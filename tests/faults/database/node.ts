import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { prepareBinaries } from '../../../packages/bundled-postgres/src/files/binaries.ts'
import {
  type Account,
  chooseAccount,
} from '../../../packages/bundled-postgres/src/processes/account.ts'
import {
  environment,
  identity,
  run,
} from '../../../packages/bundled-postgres/src/processes/program.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { until } from '../../support/until.ts'

/** Of one run of tests on this machine: nobody else gets to know the folder or the ports. */
export const password = 'of-a-test'
const superuser = 'postgres'
export const database = 'hedge'

/** PostgreSQL's programs, and as whom they run. */
export interface Programs {
  readonly folder: string
  readonly account: Account | undefined
}

/** A PostgreSQL of its own on 127.0.0.1, which can be killed, frozen and made the primary. */
export interface Node {
  readonly name: string
  readonly port: number
  readonly data: string
  /** Its address for the superuser, and nobody else's host in it. */
  readonly url: string
  /** Starts it with these settings, and waits until it answers. */
  start(settings: Readonly<Record<string, string>>): Promise<void>
  /** Stops it in good order. */
  stop(): Promise<void>
  /** `kill -9`; resolves when all of it is gone. */
  kill(): Promise<void>
  /** Stops the time of all its processes, until `thaw`. Its connections stay open. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Makes a standby the primary, and waits until it is. */
  promote(): Promise<void>
}

/** Finds the programs for nodes below a folder. */
export async function findPrograms(folder: string): Promise<Programs> {
  const account = await chooseAccount()
  await chmod(folder, 0o755)
  const binaries = await prepareBinaries({ home: folder, account, log: () => undefined })
  return { folder: binaries.folder, account }
}

/** A node with an empty cluster in `<folder>/<name>`, not started. */
export async function initialize(
  programs: Programs,
  { folder, name }: { folder: string; name: string },
): Promise<Node> {
  const node = await createNode(programs, { folder, name })
  const passwordFile = join(folder, `${name}.password`)
  await writeFile(passwordFile, password, { mode: 0o644 })
  const { code, output } = await run({
    program: join(programs.folder, 'initdb'),
    args: [
      ...['-D', node.data, '-U', superuser, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
      ...['-E', 'UTF8', '--locale=C', '--no-instructions', '--no-sync'],
    ],
    folder,
    account: programs.account,
  })
  if (code !== 0) throw new Error(`initdb: ${output}`)
  return node
}

/** A node whose folder is made, and empty. */
export async function createNode(
  programs: Programs,
  { folder, name }: { folder: string; name: string },
): Promise<Node> {
  const { account } = programs
  const data = join(folder, name)
  await mkdir(data, { mode: 0o700 })
  if (account) await chown(data, account.uid, account.gid)
  const port = await freePort()
  const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`
  const admin = url.replace(/[^/]*$/, 'postgres')
  let child: ChildProcess | undefined

  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const family = await familyOf(child)
    const exited = once(child, 'exit')
    for (const pid of signal === 'SIGKILL' ? family.reverse() : family.slice(0, 1)) {
      send(pid, signal)
    }
    await exited
    await until(`${name} is gone`, () => !family.some(isRunning))
  }
  return {
    name,
    port,
    data,
    url,
    async start(settings) {
      const log = await open(join(folder, `${name}.log`), 'a')
      const all = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
      const args = Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])
      const started = spawn(join(programs.folder, 'postgres'), ['-D', data, ...args], {
        env: environment(),
        stdio: ['ignore', log.fd, log.fd],
        ...identity(account),
      })
      child = started
      await log.close()
      await until(`${name} answers`, async () => {
        if (started.exitCode !== null)
          throw new Error(await readFile(join(folder, `${name}.log`), 'utf8'))
        return await query(admin, 'select 1').then(
          () => true,
          () => false,
        )
      })
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    async freeze() {
      for (const pid of await familyOf(child)) send(pid, 'SIGSTOP')
    },
    async thaw() {
      for (const pid of (await familyOf(child)).reverse()) send(pid, 'SIGCONT')
    },
    async promote() {
      await query(admin, 'select pg_promote(true, 60)')
      await until(`${name} takes writes`, async () => {
        const [isStandby] = await query(admin, 'select pg_is_in_recovery()')
        return isStandby === false
      })
    },
  }
}

/** A process and its children: PostgreSQL's have none of their own. */
async function familyOf(child: ChildProcess | undefined): Promise<number[]> {
  if (child?.pid === undefined) return []
  const list = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  return [child.pid, ...list.split(' ').filter(Boolean).map(Number)]
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
