import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { CallStoppedError } from '../../../packages/server/src/outgoing/errors.ts'
import {
  answer,
  answerAndClose,
  flood,
  silence,
  trickle,
} from '../../support/http/hostile-receiver.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import {
  call,
  deadlineMs,
  expectHungUp,
  expectNextToWork,
  late,
  outcomeOf,
  outcomeOnceConnected,
  patientMs,
  withReceiver,
} from './outgoing-calls.ts'

const listens = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))
`
const empty = 'content-length: 0\r\n\r\n'

const given = withReceiver()

describe('a call ends by its deadline, with its outcome, and frees its connection', () => {
  const statuses = Array.from({ length: 500 }, (_, index) => index + 100).filter(
    (status) => isLongRun || status < 110 || status % 10 === 4,
  )

  test.each([
    ['with no further headers', ''],
    ['with an upgrade', 'connection: upgrade\r\nupgrade: websocket\r\n'],
    ['with a body', 'content-type: text/plain\r\n'],
    ['in chunks', 'transfer-encoding: chunked\r\n'],
  ])('for every status from 100 to 599, %s', async (_name, headers) => {
    for (const status of statuses) {
      const rest = headers.includes('chunked')
        ? '\r\n2\r\nok\r\n0\r\n\r\n'
        : headers.includes('plain')
          ? 'content-length: 2\r\n\r\nok'
          : empty
      // 1xx and 204 have no body, so these bytes are a second, invalid response.
      given.receiver.behave(answerAndClose(`HTTP/1.1 ${status} Status\r\n${headers}${rest}`))
      const outcome = await outcomeOf()
      if (status === 101 || status >= 200) expect(outcome, String(status)).toBe(status)
      else expect(typeof outcome, String(status)).toBe('string')
    }
    await expectHungUp()
    await expectNextToWork()
  })

  test('for every status, if the connection stays open and nothing follows', async () => {
    for (const status of [100, 101, 102, 103, 199, 200, 204, 205, 304, 400, 500, 599]) {
      given.receiver.behave(answer(`HTTP/1.1 ${status} Status\r\n${empty}`))
      const isFinal = status === 101 || status >= 200
      const outcome = await outcomeOnceConnected({ deadlineMs: isFinal ? patientMs : deadlineMs })
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
    ['answers 100 Continue, and nothing more', answer('HTTP/1.1 100 Continue\r\n\r\n'), late],
    ['is no HTTP server', answer('SSH-2.0-OpenSSH_9.6\r\n'), /^The response is not valid HTTP/],
    [
      'sends Content-Length twice',
      answer('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
      /^The response is not valid HTTP/,
    ],
  ])('if the receiver %s', async (_what, behavior, expected) => {
    given.receiver.behave(behavior)
    const isLate = expected === late
    const outcome = await outcomeOnceConnected({ deadlineMs: isLate ? deadlineMs : patientMs })
    if (expected instanceof RegExp) expect(outcome).toMatch(expected)
    else expect(outcome).toBe(expected)
    await expectHungUp()
    await expectNextToWork()
  })
})

describe('a call ends by its deadline', () => {
  test('if nothing accepts the connection', async () => {
    // A process that listens, and is stopped. Once its queue is full, the system drops connections.
    const child = spawn(process.execPath, ['-e', listens], { stdio: ['ignore', 'pipe', 'inherit'] })
    const port = Number(String((await once(child.stdout, 'data'))[0]))
    child.kill('SIGSTOP')
    const waiting = Array.from({ length: 16 }, () => connect(port, '127.0.0.1'))
    for (const socket of waiting) socket.on('error', () => undefined)
    try {
      const outcome = await outcomeOf({ url: new URL(`http://127.0.0.1:${port}/`), deadlineMs })
      // Some systems queue more connections than requested. Then a connection is made, and no answer comes.
      expect(['No connection within 0.06 seconds.', late]).toContain(outcome)
    } finally {
      for (const socket of waiting) socket.destroy()
      child.kill('SIGKILL')
    }
  })

  test('if the TLS handshake never ends', async () => {
    const url = new URL(`https://shop.example:${given.receiver.port}/`)
    const outcome = await outcomeOnceConnected({ url, deadlineMs: 500 })
    expect(outcome).toMatch(/^No TLS handshake within [\d.]+ seconds\.$/)
    await expectHungUp()
    await expectNextToWork()
  })

  test('if the name is never resolved', async () => {
    const outcome = await outcomeOf({
      url: new URL('http://shop.example/'),
      deadlineMs,
      lookup: () => undefined,
    })
    expect(outcome).toBe('The name of the host was not resolved within 0.06 seconds.')
  })

  test('if an idle connection turns out to be closed, after at most one retry', async () => {
    let count = 0
    given.receiver.behave((socket) => {
      count++
      if (count === 1) answer(`HTTP/1.1 200 OK\r\n${empty}`)(socket)
      else socket.resetAndDestroy()
    })
    expect(await outcomeOf()).toBe(200)
    expect(await outcomeOf()).toBe('The connection was reset before an answer came.')
    expect(given.receiver.requests()).toBe(3)
    await expectNextToWork()
  })

  test('and at once when this process stops, whatever the receiver does', async () => {
    for (const behavior of [
      silence,
      trickle('HTTP/1.1 200 ', 'O'),
      flood('', 'HTTP/1.1 100 C\r\n'),
    ]) {
      given.receiver.behave(behavior)
      const stop = new AbortController()
      const before = given.receiver.requests()
      const running = call({ signal: stop.signal })
      const ended = running.catch((error: unknown) => error)
      await until('it has the request', () => given.receiver.requests() > before)
      stop.abort()
      expect(await ended).toBeInstanceOf(Error)
      await expectHungUp()
    }
    const stopped = AbortSignal.abort()
    await expect(call({ signal: stopped })).rejects.toBeInstanceOf(CallStoppedError)
  })
})

test('a complete response leaves its connection open for the next call', async () => {
  given.receiver.behave(answer('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'))
  for (let count = 0; count < 20; count++) expect((await call()).body.toString()).toBe('hello')
  expect(given.receiver.openMost()).toBe(1)
})
