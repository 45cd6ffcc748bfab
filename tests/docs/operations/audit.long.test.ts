import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

type Answer = (response: ServerResponse) => void
let answer: Answer
/** Names of the packages that the registry was asked about. */
let asked: readonly string[]
let folder: string

const registry = createServer((request, response) => void handle(request, response))

beforeEach(async () => {
  asked = []
  folder = await mkdtemp(join(tmpdir(), 'hedge-audit-'))
  registry.listen(0, '127.0.0.1')
  await once(registry, 'listening')
})

afterEach(async () => {
  registry.close()
  registry.closeAllConnections()
  await once(registry, 'close')
  await rm(folder, { recursive: true, force: true })
})

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const sent = await buffer(request)
  if (request.method === 'GET') {
    // Of a package with an advisory, and of those that need it, npm asks which versions there are.
    const name = decodeURIComponent((request.url ?? '/').slice(1))
    return json({ name, versions: {} })(response)
  }
  const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
  asked = Object.keys(JSON.parse(text.toString()) as object)
  answer(response)
}

function json(body: unknown, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}

function advisory(severity: string): Answer {
  const url = 'https://registry.example/advisories/1'
  return json({
    pg: [{ id: 1, url, title: 'Lets anybody in', severity, vulnerable_versions: '*', cwe: [] }],
  })
}

async function audit(more: NodeJS.ProcessEnv = {}) {
  const { port } = registry.address() as AddressInfo
  const env = {
    ...process.env,
    npm_config_registry: `http://127.0.0.1:${port}`,
    npm_config_cache: folder,
    npm_config_fetch_retries: '0',
    ...more,
  }
  return await new Promise<{ code: number | null; said: string }>((resolve) => {
    const child = execFile('npm', ['run', '--silent', 'audit'], { cwd: root, env }, (_, out, err) =>
      resolve({ code: child.exitCode, said: out + err }),
    )
  })
}

describe('npm run audit', () => {
  test('asks about all that the server runs on, and about no tools', async () => {
    answer = json({})
    expect(await audit()).toMatchObject({ code: 0 })
    expect(asked).toEqual(expect.arrayContaining(['fastify', 'pg', 'stripe', 'react']))
    expect(asked.filter((name) => ['knip', 'typescript', 'vitest'].includes(name))).toEqual([])
  })

  test.each(['high', 'critical'])('fails of an advisory that is %s, and names it', async (how) => {
    answer = advisory(how)
    const { code, said } = await audit()
    expect(code).toBe(1)
    expect(said).toContain(`${how}: pg`)
    expect(said).toContain('Lets anybody in: https://registry.example/advisories/1')
  })

  test('tells of a moderate one, and passes', async () => {
    answer = advisory('moderate')
    const { code, said } = await audit()
    expect(code).toBe(0)
    expect(said).toContain('moderate: pg')
  })

  test.each([404, 405])(
    'of a registry that answers %i says that nobody was asked',
    async (status) => {
      answer = json({}, status)
      const { code, said } = await audit()
      expect(code).toBe(2)
      expect(said).toContain('this registry has no audit endpoint')
    },
  )

  test.each([
    ['fails', json({}, 500)],
    ['answers something else', (response: ServerResponse) => response.end('<html>')],
    ['breaks off', (response: ServerResponse) => response.destroy()],
  ] as [string, Answer][])('of a registry that %s says that it could not ask', async (_, how) => {
    answer = how
    const { code, said } = await audit()
    expect(code).toBe(2)
    expect(said).toContain('did not answer')
  })

  test('asks also where npm is told to work offline', async () => {
    answer = advisory('critical')
    expect(await audit({ npm_config_offline: 'true' })).toMatchObject({ code: 1 })
  })
})

test('a workflow asks every day', () => {
  const workflow = readFileSync(join(root, '.github/workflows/audit.yml'), 'utf8')
  // A minute and an hour, and no restriction to some days.
  expect(workflow).toMatch(/^ {4}- cron: "\d+ \d+ \* \* \*"$/m)
  expect(workflow).toContain('- run: npm run audit')
})
