import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { verifyWebhook } from '@hedgepayments/node'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { environmentOf, hedge, type Running, startHedge } from '../hedge.ts'
import { type Receiver, startReceiver } from '../receiver.ts'

let database: TestDatabase
let server: TestServer
let api: Api
let receiver: Receiver
let folder: string
const running: Running[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({ databaseUrl: database.url })
  api = apiClient(server.url, server.secretKey)
})

afterAll(async () => {
  await server?.stop()
  await database?.drop()
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-listen-'))
  receiver = await startReceiver()
})

afterEach(async () => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
  await receiver.close()
  await rm(folder, { recursive: true, force: true })
})

const env = () => ({ ...environmentOf(server), HEDGE_DATA_DIR: folder })

/** Starts listening, and waits until it is ready: later events have to arrive. */
async function startListening(...args: string[]): Promise<Running> {
  const listening = startHedge(['listen', '--forward-to', receiver.url, ...args], env())
  running.push(listening)
  await until('hedge listens', () => listening.stdout().includes('Ctrl-C stops'))
  return listening
}

/** The port of X11: `fetch` refuses it, and a local server may use it. */
const forbiddenPort = 6_000
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

async function selfSigned(where: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(where, 'key.pem'), join(where, 'cert.pem')]
  const files = ['-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-days', '1']
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files]
  await promisify(execFile)('openssl', args)
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
}

const ids = () => receiver.received.map(({ event }) => event.data.id)

async function createMany(count: number): Promise<string[]> {
  const created: string[] = []
  for (let made = 0; made < count; made += 1) created.push((await createPayment(api)).id)
  return created
}

describe('hedge listen', () => {
  test('forwards each event as a webhook that both kinds of verification accept', async () => {
    const listening = await startListening()
    const { id } = await createPayment(api)
    const line = await until('the event is reported', () =>
      /payment\.created .*/.exec(listening.stdout()),
    )
    expect(line[0]).toMatch(new RegExp(`${id} +200 +\\d+ ms`))
    const { headers, body, event } = receiver.received[0] ?? expect.fail('nothing came')
    const secret = (await hedge(['listen', '--print-secret'], env())).stdout.trim()
    expect(listening.stdout()).toContain(secret)
    const verified = verifyWebhook(body, headers['x-hedge-signature'] as string, secret)
    expect(verified.id).toBe(event.id)
    expect(headers['webhook-id']).toBe(event.id)
    expect(new Webhook(secret).verify(body.toString(), headers as Record<string, string>)).toEqual(
      verified,
    )
    // The body is the event as the API shows it.
    expect((await api('GET', `/v1/events/${event.id}`)).body).toEqual(verified)
  })

  test('forwards each event once across a restart of the server', async () => {
    await startListening()
    const before = await createMany(5)
    await until('the events have arrived', () => receiver.received.length >= 5)
    await server.kill()
    const port = new URL(server.url).port
    server = await startServer({ databaseUrl: database.url, env: { PORT: port } })
    const after = await createMany(5)
    await until('all events have arrived', () => receiver.received.length >= 10)
    expect(ids()).toEqual([...before, ...after])
  })

  test('resumes where it stopped, also after kill -9, but not with --skip-missed', async () => {
    const first = await startListening()
    const seen = await createMany(2)
    await until('the events have arrived', () => receiver.received.length >= 2)
    // The position is written after the answer has arrived.
    await until('the event is reported', () => first.stdout().includes(seen[1] ?? '-'))
    first.child.kill('SIGKILL')
    await first.ended
    const missed = await createMany(3)

    const second = await startListening()
    await until('the missed events have arrived', () => new Set(ids()).size >= 5)
    expect([...new Set(ids())]).toEqual([...seen, ...missed])
    second.child.kill('SIGINT')
    const { code, stderr } = await second.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/Stopped: \d+ events? forwarded/)

    receiver.received.length = 0
    await createMany(2)
    await startListening('--skip-missed')
    const fresh = await createMany(1)
    await until('the new event has arrived', () => receiver.received.length >= 1)
    expect(ids()).toEqual(fresh)
  })

  // Another test covers a receiver that sends no answer.
  test.runIf(isLongRun)('waits for a local server that has not started yet', async () => {
    const { port } = new URL(receiver.url)
    await receiver.close()
    const listening = await startListening()
    const created = await createMany(2)
    await until('the wait is printed', () => listening.stderr().includes('waiting for it'))
    receiver = await startReceiver({ port: Number(port) })
    await until('the events have arrived', () => receiver.received.length >= 2)
    expect(ids()).toEqual(created)
  })

  test('sends an event again until it is answered, before it sends the next one', async () => {
    await receiver.close()
    receiver = await startReceiver({ answer: (count) => (count <= 2 ? null : 200) })
    const target = receiver.url.replace('http://127.0.0.1', 'localhost')
    const listening = await startListening('--forward-to', target)
    const created = await createMany(2)
    await until('all events have arrived', () => receiver.received.length >= 4)
    const [first, second] = created
    expect(ids()).toEqual([first, first, first, second])
    expect(listening.stderr()).toContain('gives no answer')
  })

  test.runIf(isLongRun)(
    'resumes with an event that was not answered before it stopped',
    async () => {
      await receiver.close()
      receiver = await startReceiver({ answer: () => null })
      const listening = await startListening()
      const [id] = await createMany(1)
      await until('the event has arrived', () => receiver.received.length >= 1)
      listening.child.kill('SIGINT')
      expect((await listening.ended).code).toBe(0)
      await receiver.close()
      receiver = await startReceiver()
      await startListening()
      await until('the event has arrived again', () => receiver.received.length >= 1)
      expect(ids()).toEqual([id])
    },
  )

  test.runIf(isLongRun)('forwards to a port that browsers refuse', async () => {
    await receiver.close()
    receiver = await startReceiver({ port: forbiddenPort })
    await startListening('--forward-to', `127.0.0.1:${forbiddenPort}/webhooks`)
    const created = await createMany(1)
    await until('the event has arrived', () => receiver.received.length >= 1)
    expect(ids()).toEqual(created)
  })

  test.skipIf(!hasOpenssl)('accepts a self-signed certificate with --skip-verify', async () => {
    await receiver.close()
    receiver = await startReceiver({ tls: await selfSigned(folder) })
    const refusing = await startListening()
    const created = await createMany(1)
    await until('the reason is printed', () =>
      refusing.stderr().includes('--skip-verify accepts it'),
    )
    refusing.child.kill('SIGINT')
    await refusing.ended
    await startListening('--skip-verify')
    await until('the event has arrived', () => receiver.received.length >= 1)
    expect(ids()).toEqual(created)
  })

  test('prints the events without --forward-to, until Ctrl-C', async () => {
    const listening = startHedge(['listen', '--events', 'payment.created'], env())
    running.push(listening)
    await until('hedge listens', () => listening.stdout().includes('Ctrl-C stops'))
    const [id = ''] = await createMany(1)
    await until('the event is printed', () => listening.stdout().includes(id))
    listening.child.kill('SIGINT')
    const { code, stdout } = await listening.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`payment.created +${id} +evt_`))
    expect((await hedge(['listen', '--skip-verify'], env())).code).toBe(2)
  })

  test.runIf(isLongRun)('shows a refusal of the local server, and continues', async () => {
    await receiver.close()
    receiver = await startReceiver({ answer: (count) => (count === 1 ? 500 : 200) })
    const listening = await startListening('--events', 'payment.canceled')
    const { id } = await createPayment(api)
    await api('POST', `/v1/payments/${id}/cancel`)
    const other = await createPayment(api)
    await api('POST', `/v1/payments/${other.id}/cancel`)
    await until('both events have arrived', () => receiver.received.length >= 2)
    expect(receiver.received.map(({ event }) => event.type)).toEqual([
      'payment.canceled',
      'payment.canceled',
    ])
    await until('both events are reported', () => listening.stdout().includes(other.id))
    expect(listening.stdout()).toMatch(new RegExp(`${id} +500 `))
  })

  test.runIf(isLongRun)('prints one line of JSON per event with --json', async () => {
    const listening = startHedge(['listen', '--forward-to', receiver.url, '--json'], env())
    running.push(listening)
    await until('hedge has begun', () => listening.stdout().includes('\n'))
    const { id } = await createPayment(api)
    await until('the event has arrived', () => listening.stdout().split('\n').length >= 3)
    const [greeting, line] = listening
      .stdout()
      .split('\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text))
    expect(greeting).toMatchObject({ object: 'listener', secret: expect.stringMatching(/^whsec_/) })
    expect(line).toMatchObject({ object: 'forwarded_event', type: 'payment.created', status: 200 })
    expect(receiver.received[0]?.event.data.id).toBe(id)
  })
})

describe('hedge events tail', () => {
  test('shows events as they happen, until Ctrl-C', async () => {
    const tail = startHedge(['events', 'tail', '--json', '--type', 'payment.created'], env())
    running.push(tail)
    // It begins with the newest event, or with the next one. Later events are shown in either case.
    await until('something is shown', async () => {
      await createPayment(api)
      return tail.stdout().includes('\n')
    })
    tail.child.kill('SIGINT')
    const { code, stdout } = await tail.ended
    expect(code).toBe(0)
    const [line = ''] = stdout.split('\n')
    expect(JSON.parse(line)).toMatchObject({ object: 'event', type: 'payment.created' })
  })
})
