import { describe, expect, test } from 'vitest'
import {
  answer,
  answerAndClose,
  type Behavior,
  flood,
  startHostileReceiver,
  trickle,
} from '../../support/http/hostile-receiver.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import {
  call,
  callOnceHeaded,
  expectHungUp,
  expectNextToWork,
  keptBytes,
  late,
  outcomeOf,
  outcomeOnceConnected,
  withReceiver,
} from './outgoing-calls.ts'

const given = withReceiver()

describe('a call ends by its deadline, with its outcome, and frees its connection', () => {
  const unfinished: [what: string, behavior: Behavior][] = [
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
  ]

  test.each(unfinished.filter((_, n) => isLongRun || n % 2 === 0))(
    'with the received status, if the body %s',
    async (_what, behavior) => {
      given.receiver.behave(behavior)
      const { status, body } = await callOnceHeaded(500)
      expect(status).toBe(200)
      expect(body.length).toBeLessThanOrEqual(keptBytes)
      await expectHungUp()
      await expectNextToWork()
    },
  )

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
    ['without a length', flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(9_000))],
  ])('with a kilobyte of an endless body %s', async (_what, behavior) => {
    given.receiver.behave(behavior)
    const { status, body } = await call()
    expect([status, body.toString()]).toEqual([200, 'x'.repeat(keptBytes)])
    await expectHungUp()
    await expectNextToWork()
  })

  const whole =
    'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n' +
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx: y\r\n\r\n5\r\nhello\r\n0\r\nx: y\r\n\r\n'
  const headLength = whole.indexOf('5\r\nhello')
  /** The numbers of bytes to send. `npm test` tries every ninth, and all around the end of the head. */
  const lengths = Array.from({ length: whole.length + 1 }, (_, length) => length).filter(
    (length) => isLongRun || length % 9 === 0 || Math.abs(length - headLength) < 3,
  )

  test.each(['close', 'reset'] as const)(
    'if the receiver closes the connection after any byte: %s',
    async (how) => {
      for (const length of lengths) {
        given.receiver.behave(answerAndClose(whole.slice(0, length), how))
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

  test('if the receiver stops sending after any byte', async () => {
    const calls = lengths
      .filter((length) => length < whole.length)
      .map(async (length) => {
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
