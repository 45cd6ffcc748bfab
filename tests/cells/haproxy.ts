import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import type { CellProxy } from './proxy.ts'

/** Whether the machine has HAProxy. */
export const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0

/**
 * Starts HAProxy with the configuration of docs/cells.md, for two cells. Their names are those of the page. Only the
 * addresses and the paths of the page are replaced.
 */
export async function startHaproxy(cells: Readonly<Record<string, string>>): Promise<CellProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-haproxy-'))
  const [file, map, socket] = ['haproxy.cfg', 'cells.map', 'admin.sock'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  const port = await findPort()
  await writeFile(map, '')
  await writeFile(
    file,
    `global
    stats socket ${socket} level admin
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
${await documented(cells, { port, map })}`,
  )
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await until('HAProxy listens', async () => (await ask(socket, 'show info')) !== null)
  return {
    url: `http://127.0.0.1:${port}`,
    async load(lines) {
      for (const line of lines.trim().split('\n')) {
        const refused = await ask(socket, `set map ${map} ${line}`)
        if (refused?.trim()) await ask(socket, `add map ${map} ${line}`)
      }
    },
    async close() {
      child.kill()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

/** The configuration of the page, with one server for each cell. */
async function documented(
  cells: Readonly<Record<string, string>>,
  { port, map }: { port: number; map: string },
): Promise<string> {
  const page = await readFile(new URL('../../docs/cells.md', import.meta.url), 'utf8')
  const block = /```text\n(frontend api[\s\S]*?)```/.exec(page)?.[1]
  if (!block) throw new Error('docs/cells.md has no configuration of HAProxy')
  const withServers = block.replaceAll(
    /backend (\S+)\n(?: +server .*\n)+/g,
    (_, name: string) => `backend ${name}\n    server a ${new URL(cells[name] ?? '').host}\n`,
  )
  return withServers.replace(':8443', `127.0.0.1:${port}`).replaceAll('/etc/haproxy/cells.map', map)
}

/** Sends a command to the admin socket. `null`: nobody listens. */
async function ask(socket: string, command: string): Promise<string | null> {
  const connection = connect(socket)
  let answer = ''
  connection.on('data', (chunk) => {
    answer += chunk
  })
  connection.write(`${command}\n`)
  try {
    await once(connection, 'end')
    return answer
  } catch {
    return null
  } finally {
    connection.destroy()
  }
}

async function findPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
