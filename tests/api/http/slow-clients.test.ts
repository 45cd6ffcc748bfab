import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionLimits } from '../../../packages/server/src/http/limits/connections.ts'
import { fingerprint, insertPayments } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { readRaw } from '../../support/http/raw-http.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const connectionsMax = 30
/** Far more than one answer below, and far less than all answers together. */
const keptBytesMax = 4 * 1024 * 1024

let own: OwnApp
/** The server's side of all connections, and their unsent answers. */
const accepted = new Set<Socket>()
const unsent = new Set<ServerResponse>()
const opened: Socket[] = []

/** Starts a server for a block of tests, with timeouts short enough for tests. */
function serve(
  limits: Pick<ConnectionLimits, 'requestTimeoutMs' | 'silentTimeoutMs'> &
    Partial<ConnectionLimits>,
  trustedProxies: readonly string[] = [],
): void {
  beforeAll(async () => {
    const connections = {
      connectionsMax,
      keepAliveTimeoutMs: 5_000,
      checkIntervalMs: 20,
      ...limits,
    }
    own = await startOwnApp({ connections }, { trustedProxies })
    own.app.server.on('request', (_, response) => {
      unsent.add(response)
      response.once('close', () => unsent.delete(response))
    })
    own.app.server.on('connection', (socket) => {
      accepted.add(socket)
      socket.once('close', () => accepted.delete(socket))
    })
  })

  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.destroy()
    await until('all connections are closed', () => {
      own.app.server.closeIdleConnections()
      return accepted.size === 0
    })
  })

  afterAll(() => own.close())
}

async function open(localAddress?: string): Promise<Socket> {
  const { hostname, port } = new URL(own.url)
  const socket = connect({
    port: Number(port),
    host: hostname,
    ...(localAddress && { localAddress }),
  })
  socket.on('error', () => undefined)
  opened.push(socket)
  await once(socket, 'connect')
  return socket
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await once(socket, 'close')
  return text
}

const head = (request: string, ...lines: string[]) =>
  [`${request} HTTP/1.1`, 'Host: h', `Authorization: Bearer ${firstKeys.secretKey}`, ...lines]
    .join('\r\n')
    .concat('\r\n')

describe('clients that do not finish their request', () => {
  serve({ requestTimeoutMs: 300, silentTimeoutMs: 5_000 })

  test('that send the head in small pieces get 400 and are disconnected, however many there are', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open()))
    const answers = sockets.map(readToEnd)
    const dribbling = sockets.map((socket) => {
      socket.write('GET /v1/payments HTTP/1.1\r\nHost: h\r\n')
      return setInterval(() => socket.writable && socket.write('X-More: x\r\n'), 50)
    })
    expect((await own.api('GET', '/v1/payments')).status).toBe(200)
    for (const text of await Promise.all(answers)) {
      expect([readRaw(text).status, readRaw(text).body.error.code]).toEqual([
        400,
        'invalid_request',
      ])
    }
    for (const timer of dribbling) clearInterval(timer)
  })

  test('that send the body in small pieces get 400 and are disconnected, and nothing changes', async () => {
    const { id } = await createPayment(own.api)
    const before = await fingerprint(own.sql)
    const socket = await open()
    const answer = readToEnd(socket)
    const lines = ['Content-Type: application/json', 'Content-Length: 100000']
    socket.write(`${head(`POST /v1/payments/${id}/cancel`, ...lines)}\r\n{`)
    const dribbling = setInterval(() => socket.writable && socket.write(' '), 50)
    expect(readRaw(await answer).status).toBe(400)
    clearInterval(dribbling)
    expect(await fingerprint(own.sql)).toBe(before)
  })

  test('that send nothing are disconnected', async () => {
    expect(readRaw(await readToEnd(await open())).status).toBe(400)
  })

  test('beyond the connection limit are disconnected, and those within are served', async () => {
    const served = await open()
    const others = await Promise.all(Array.from({ length: connectionsMax - 1 }, () => open()))
    expect(await readToEnd(await open())).toBe('')
    served.write(head('GET /healthz', 'Connection: close').concat('\r\n'))
    expect(await readToEnd(served)).toContain('HTTP/1.1 200 OK')
    for (const socket of others) socket.destroy()
  })
})

describe('clients that do not read their answer', () => {
  // A busy machine must begin to answer within the silent timeout.
  serve({ requestTimeoutMs: 20_000, silentTimeoutMs: 3_000 })

  test('use bounded memory, and are disconnected in the end', async () => {
    await insertPayments(own.sql, { owner: own.owner, count: 100 })
    const socket = await open()
    socket.pause()
    const asked = size({ quick: 200, all: 500 })
    socket.write(head('GET /v1/payments?limit=100').concat('\r\n').repeat(asked))
    const kept = await watchKept()
    // A hundred payments are a hundred kilobytes, so all answers would be at least twenty megabytes.
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(keptBytesMax)
    expect((await own.api('GET', '/v1/payments')).status).toBe(200)
  })

  test('use bounded memory on the event stream, and are disconnected', async () => {
    // About a kilobyte each: more than the system keeps for both ends of a connection.
    const events = size({ quick: 12_000, all: 20_000 })
    const ids = await insertPayments(own.sql, { owner: own.owner, count: events, ageMs: 90_000 })
    const { body } = await own.api('GET', `/v1/payments/${ids[0]}/events`)
    const socket = await open()
    socket.pause()
    socket.write(head('GET /v1/events/stream', `Last-Event-ID: ${body.data[0].id}`).concat('\r\n'))
    const kept = await watchKept()
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(keptBytesMax)
  })
})

describe('clients that read their answer slowly', () => {
  serve({ requestTimeoutMs: 60_000, silentTimeoutMs: 60_000, answerTimeoutMs: 500 })

  test('are disconnected at the deadline of the answer', async () => {
    await insertPayments(own.sql, { owner: own.owner, count: 100 })
    const metadata = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [n, '支'.repeat(500)]))
    await own.sql.query('update payments set metadata = $1', [JSON.stringify(metadata)])
    const socket = await open()
    socket.pause()
    const answers = 4
    socket.write(head('GET /v1/payments?limit=100').concat('\r\n').repeat(answers))
    // Some bytes are read all the time, so that the connection is never silent.
    let bytesRead = 0
    const reading = setInterval(() => {
      bytesRead += socket.read(1) === null ? 0 : 1
    }, 20)
    // If the system buffers a whole answer, the connection ends a minute later, because it is silent.
    await until('the server closes the connection', () => accepted.size === 0, { patience: 3 })
    clearInterval(reading)
    socket.on('data', (chunk: Buffer) => {
      bytesRead += chunk.length
    })
    socket.resume()
    await until('the buffered answers are read', () => socket.destroyed)
    const answerBytesMin = 100 * Buffer.byteLength(JSON.stringify(metadata))
    expect(bytesRead).toBeLessThan(answers * answerBytesMin)
    // Small answers have no deadline, which a busy machine would miss.
    expect((await own.api('GET', '/healthz')).status).toBe(200)
  })
})

describe.skipIf(process.platform !== 'linux')('many connections of one address', () => {
  const connectionsOfAddressMax = 10
  const proxy = '127.0.0.3'
  const times = { requestTimeoutMs: 20_000, silentTimeoutMs: 20_000 }
  serve({ ...times, connectionsOfAddressMax }, [proxy])

  test('are closed beyond the share of an address, and other addresses are served', async () => {
    const kept = await Promise.all(
      Array.from({ length: connectionsOfAddressMax }, () => open('127.0.0.4')),
    )
    expect(await readToEnd(await open('127.0.0.4'))).toBe('')
    const other = await open('127.0.0.5')
    other.write(head('GET /healthz', 'Connection: close').concat('\r\n'))
    expect(await readToEnd(other)).toContain('HTTP/1.1 200 OK')
    for (const socket of kept) expect(socket.readyState).toBe('open')
    kept[0]?.destroy()
    await until('the place of the connection is free', async () => {
      const next = await open('127.0.0.4')
      next.write(head('GET /healthz', 'Connection: close').concat('\r\n'))
      return (await readToEnd(next)).includes('HTTP/1.1 200 OK')
    })
  })

  test('are all served for a trusted proxy, up to the limit of all connections', async () => {
    const sockets = await Promise.all(
      Array.from({ length: 2 * connectionsOfAddressMax }, () => open(proxy)),
    )
    const answers = sockets.map(readToEnd)
    for (const socket of sockets) {
      socket.write(head('GET /healthz', 'Connection: close').concat('\r\n'))
    }
    for (const text of await Promise.all(answers)) expect(text).toContain('HTTP/1.1 200 OK')
  })
})

/** Waits until the server has closed the connection. Returns the most bytes that it kept for the client. */
async function watchKept(): Promise<number> {
  let most = 0
  const record = () => {
    const kept = [...unsent].reduce((sum, { writableLength }) => sum + writableLength, 0)
    most = Math.max(most, kept)
  }
  await until('the connection is accepted', () => accepted.size > 0)
  await until('the server closes the connection', () => {
    record()
    return accepted.size === 0
  })
  return most
}
