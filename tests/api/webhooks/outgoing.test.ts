import { spawn } from 'node:child_process'
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { connect, type LookupFunction } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Agents,
  callOut,
  createAgents,
  destroyAgents,
  type OutgoingCall,
} from '../../../packages/server/src/outgoing/call.ts'
import { CallStoppedError, explain } from '../../../packages/server/src/outgoing/errors.ts'
import {
  answer,
  answerAndClose,
  flood,
  type HostileReceiver,
  silence,
  startHostileReceiver,
  trickle,
} from '../../support/http/hostile-receiver.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'

let receiver: HostileReceiver
let agents: Agents

/** Short, so that what never ends costs no time; what answers at once gets `patient`. */
const deadlineMs = 60
const patient = 20_000
const kept = 1_024

beforeEach(async () => {
  receiver = await startHostileReceiver()
  agents = createAgents()
})

afterEach(async () => {
  destroyAgents(agents)
  await receiver.close()
})

const lookup: LookupFunction = (_hostname, options, callback) => {
  const found: LookupAddress = { address: '127.0.0.1', family: 4 }
  if (options.all) callback(null, [found])
  else callback(null, found.address, found.family)
}

function call(more: Partial<OutgoingCall> = {}) {
  return callOut({
    url: new URL(receiver.url),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"id":"evt_1"}'),
    agents,
    lookup,
    deadlineMs: patient,
    signal: new AbortController().signal,
    bodyBytesMax: kept,
    ...more,
  })
}

/** The status of a response, or why there was none. */
async function outcomeOf(more: Partial<OutgoingCall> = {}): Promise<number | string> {
  try {
    return (await call(more)).status
  } catch (error) {
    return explain(error)
  }
}

/**
 * The outcome once the connection was made within the deadline. A busy machine may need more time than the deadline
 * for it, so the deadline is doubled until it is long enough.
 */
async function outcomeOnceConnected(
  more: Partial<OutgoingCall> & { deadlineMs: number },
): Promise<number | string> {
  const outcome = await outcomeOf(more)
  if (/^No connection/.test(String(outcome)) && more.deadlineMs < patient) {
    return await outcomeOnceConnected({ ...more, deadlineMs: 2 * more.deadlineMs })
  }
  return /^No answer within [\d.]+ seconds\.$/.test(String(outcome)) ? late : outcome
}

/** A response whose head came within the deadline, which is doubled until that is so. */
async function callOnceHeaded(
  deadlineMs: number,
  url = new URL(receiver.url),
): Promise<Awaited<ReturnType<typeof call>>> {
  try {
    return await call({ deadlineMs, url })
  } catch (error) {
    if (deadlineMs > patient) throw error
    return await callOnceHeaded(2 * deadlineMs, url)
  }
}

const listens = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))
`
const late = `No answer within ${deadlineMs / 1_000} seconds.`
const empty = 'content-length: 0\r\n\r\n'

/** Nothing that the hostile behavior left behind is in the way of the next call. */
async function expectNextToWork(): Promise<void> {
  receiver.behave(answer(`HTTP/1.1 204 No Content\r\n\r\n`))
  expect(await outcomeOf()).toBe(204)
  expect(receiver.open()).toBeLessThanOrEqual(1)
}

/** Connections that are not to be used again are closed. */
async function expectHungUp(): Promise<void> {
  await until('the connection is closed', () => receiver.open() === 0)
}

describe('a call ends by its deadline, with what happened, and frees its connection', () => {
  const statuses = Array.from({ length: 500 }, (_, index) => index + 100).filter(
    (status) => isLongRun || status < 110 || status % 10 === 4,
  )

  test.each([
    ['alone', ''],
    ['with an upgrade', 'connection: upgrade\r\nupgrade: websocket\r\n'],
    ['with a body', 'content-type: text/plain\r\n'],
    ['in chunks', 'transfer-encoding: chunked\r\n'],
  ])('whatever the status from 100 to 599, %s', async (_name, headers) => {
    for (const status of statuses) {
      const rest = headers.includes('chunked')
        ? '\r\n2\r\nok\r\n0\r\n\r\n'
        : headers.includes('plain')
          ? 'content-length: 2\r\n\r\nok'
          : empty
      // 1xx and 204 have no body: these bytes are another answer, which is no valid one.
      receiver.behave(answerAndClose(`HTTP/1.1 ${status} Status\r\n${headers}${rest}`))
      const outcome = await outcomeOf()
      if (status === 101 || status >= 200) expect(outcome, String(status)).toBe(status)
      else expect(typeof outcome, String(status)).toBe('string')
    }
    await expectHungUp()
    await expectNextToWork()
  })

  test('whatever the status, where the connection stays open and nothing follows', async () => {
    for (const status of [100, 101, 102, 103, 199, 200, 204, 205, 304, 400, 500, 599]) {
      receiver.behave(answer(`HTTP/1.1 ${status} Status\r\n${empty}`))
      const isFinal = status === 101 || status >= 200
      const outcome = await outcomeOnceConnected({ deadlineMs: isFinal ? patient : deadlineMs })
      expect(outcome, String(status)).toBe(isFinal ? status : late)
    }
    await expectNextToWork()
  })

  const informational = `HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n`
  test.each([
    ['never answers', silence, late],
    [
      'switches protocols, and goes on talking',
      trickle('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'x'),
      101,
    ],
    ['trickles the status line', trickle('HTTP/1.1 200 ', 'O'), late],
    ['trickles a header', trickle('HTTP/1.1 200 OK\r\nx: ', 'x'), late],
    ['trickles headers', trickle('HTTP/1.1 200 OK\r\n', 'x: y\r\n'), late],
    [
      'sends headers without end',
      flood('HTTP/1.1 200 OK\r\n', `x: ${'y'.repeat(1_000)}\r\n`),
      'The headers of the response are larger than 16 KiB.',
    ],
    [
      'sends one header without end',
      flood('HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(1_000)),
      'The headers of the response are larger than 16 KiB.',
    ],
    [
      'sends informational responses without end',
      flood('', informational),
      'Only informational responses (1xx) came, and too many of them.',
    ],
    [
      'trickles informational responses',
      trickle('', 'HTTP/1.1 100 Continue\r\n\r\n'),
      'Only informational responses (1xx) came, and too many of them.',
    ],
    ['says that it goes on, and does not', answer('HTTP/1.1 100 Continue\r\n\r\n'), late],
    ['is no HTTP server', answer('SSH-2.0-OpenSSH_9.6\r\n'), /^The response is not valid HTTP/],
    [
      'says its length twice',
      answer('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
      /^The response is not valid HTTP/,
    ],
  ])('where the receiver %s', async (_what, behavior, expected) => {
    receiver.behave(behavior)
    const isLate = expected === late
    const outcome = await outcomeOnceConnected({ deadlineMs: isLate ? deadlineMs : patient })
    if (expected instanceof RegExp) expect(outcome).toMatch(expected)
    else expect(outcome).toBe(expected)
    await expectHungUp()
    await expectNextToWork()
  })

  test.each([
    ['never comes', answer('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')],
    ['trickles', trickle('HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n', 'x')],
    [
      'trickles in chunks',
      trickle('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n'),
    ],
    [
      'has a chunk whose size trickles',
      trickle('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '0'),
    ],
    ['trickles until the connection closes', trickle('HTTP/1.1 200 OK\r\n\r\n', 'x')],
    [
      'has trailers that trickle',
      trickle('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'x: y\r\n'),
    ],
  ])('with the status that came, where the body %s', async (_what, behavior) => {
    receiver.behave(behavior)
    const { status, body } = await callOnceHeaded(500)
    expect(status).toBe(200)
    expect(body.length).toBeLessThanOrEqual(kept)
    await expectHungUp()
    await expectNextToWork()
  })

  test.each([
    [
      'of a length',
      flood('HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n', 'x'.repeat(9_000)),
    ],
    [
      'of chunks',
      flood(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
        `400\r\n${'x'.repeat(1_024)}\r\n`,
      ),
    ],
    ['of no length', flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(9_000))],
  ])('with a kilobyte of a body without end, %s', async (_what, behavior) => {
    receiver.behave(behavior)
    const { status, body } = await call()
    expect([status, body.toString()]).toEqual([200, 'x'.repeat(kept)])
    await expectHungUp()
    await expectNextToWork()
  })

  const whole =
    'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n' +
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx: y\r\n\r\n5\r\nhello\r\n0\r\nx: y\r\n\r\n'
  const headLength = whole.indexOf('5\r\nhello')

  test.each(['close', 'reset'] as const)(
    'where the receiver closes at any byte: %s',
    async (how) => {
      for (let length = 0; length <= whole.length; length++) {
        receiver.behave(answerAndClose(whole.slice(0, length), how))
        const outcome = await outcomeOf()
        const name = `after ${length} bytes`
        // A reset may overtake bytes that were sent before it.
        const broken = 'The connection was reset before an answer came.'
        if (length < headLength) expect(outcome, name).toBe(broken)
        else expect(how === 'reset' ? [200, broken] : [200], name).toContain(outcome)
      }
      await expectHungUp()
      await expectNextToWork()
    },
  )

  test('where the receiver stops in the middle at any byte', async () => {
    const calls = Array.from({ length: whole.length }, async (_, length) => {
      const own = await startHostileReceiver()
      own.behave(answer(whole.slice(0, length)))
      const url = new URL(own.url)
      const deadlineMs = 1_000
      const isHeaded = length >= headLength
      const outcome = isHeaded
        ? (await callOnceHeaded(deadlineMs, url)).status
        : await outcomeOnceConnected({ url, deadlineMs })
      await until('the connection is closed', () => own.open() === 0)
      await own.close()
      return [length, outcome]
    })
    for (const [length, outcome] of await Promise.all(calls)) {
      expect(outcome, `after ${length} bytes`).toBe(Number(length) < headLength ? late : 200)
    }
  })
})

describe('a call ends by its deadline', () => {
  test('where nobody takes the connection', async () => {
    // A process that listens, and is stopped: once its queue is full, the system drops connections.
    const child = spawn(process.execPath, ['-e', listens], { stdio: ['ignore', 'pipe', 'inherit'] })
    const port = Number(String((await once(child.stdout, 'data'))[0]))
    child.kill('SIGSTOP')
    const waiting = Array.from({ length: 16 }, () => connect(port, '127.0.0.1'))
    for (const socket of waiting) socket.on('error', () => undefined)
    try {
      const outcome = await outcomeOf({ url: new URL(`http://127.0.0.1:${port}/`), deadlineMs })
      // A system that queues more than it was asked to connects, and then nobody answers.
      expect(['No connection within 0.06 seconds.', late]).toContain(outcome)
    } finally {
      for (const socket of waiting) socket.destroy()
      child.kill('SIGKILL')
    }
  })

  test('where the TLS handshake never ends', async () => {
    const url = new URL(`https://shop.example:${receiver.port}/`)
    const outcome = await outcomeOnceConnected({ url, deadlineMs: 500 })
    expect(outcome).toMatch(/^No TLS handshake within [\d.]+ seconds\.$/)
    await expectHungUp()
    await expectNextToWork()
  })

  test('where the name is never resolved', async () => {
    const outcome = await outcomeOf({
      url: new URL('http://shop.example/'),
      deadlineMs,
      lookup: () => undefined,
    })
    expect(outcome).toBe('The name of the host was not resolved within 0.06 seconds.')
  })

  test('where an idle connection turns out to be closed, at most once more', async () => {
    let count = 0
    receiver.behave((socket) => {
      count++
      if (count === 1) answer(`HTTP/1.1 200 OK\r\n${empty}`)(socket)
      else socket.resetAndDestroy()
    })
    expect(await outcomeOf()).toBe(200)
    expect(await outcomeOf()).toBe('The connection was reset before an answer came.')
    expect(receiver.requests()).toBe(3)
    await expectNextToWork()
  })

  test('at once when this process stops, whatever the receiver does', async () => {
    for (const behavior of [
      silence,
      trickle('HTTP/1.1 200 ', 'O'),
      flood('', 'HTTP/1.1 100 C\r\n'),
    ]) {
      receiver.behave(behavior)
      const stop = new AbortController()
      const before = receiver.requests()
      const running = call({ signal: stop.signal })
      const ended = running.catch((error: unknown) => error)
      await until('it has the request', () => receiver.requests() > before)
      stop.abort()
      expect(await ended).toBeInstanceOf(Error)
      await expectHungUp()
    }
    const stopped = AbortSignal.abort()
    await expect(call({ signal: stopped })).rejects.toBeInstanceOf(CallStoppedError)
  })
})

test('a whole response leaves its connection for the next call', async () => {
  receiver.behave(answer('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'))
  for (let count = 0; count < 20; count++) expect((await call()).body.toString()).toBe('hello')
  expect(receiver.openMost()).toBe(1)
})
