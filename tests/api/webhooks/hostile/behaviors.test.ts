import { expect, test } from 'vitest'
import {
  answer,
  answerAndClose,
  type Behavior,
  flood,
  silence,
  trickle,
} from '../../../support/http/hostile-receiver.ts'
import { isLongRun } from '../../../support/size.ts'
import { until } from '../../../support/until.ts'
import { endpointsPath, sendEvents, switching, withTwoMerchants } from './two-merchants.ts'

const merchants = withTwoMerchants()

const behaviors: readonly [
  what: string,
  how: Behavior,
  code: number | null,
  error: RegExp | null,
][] = [
  ['switches protocols', answer(switching), 101, /another protocol/],
  ['switches protocols and sends data', trickle(switching, 'x'), 101, /another protocol/],
  ['never answers', silence, null, /^No answer within/],
  ['trickles its headers', trickle('HTTP/1.1 200 OK\r\nx: ', 'x'), null, /^No answer within/],
  [
    'has headers without end',
    flood('HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(1_000)),
    null,
    /larger than 16 KiB/,
  ],
  [
    'sends informational responses without end',
    flood('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)),
    null,
    /informational/,
  ],
  ['closes without an answer', answerAndClose(''), null, /reset before an answer came/],
  ['resets in the middle', answerAndClose('HTTP/1.1 20', 'reset'), null, /reset before/],
  ['does not speak HTTP', answer('220 smtp.example ESMTP\r\n'), null, /not valid HTTP/],
  ['answers 100 only', answer('HTTP/1.1 100 Continue\r\n\r\n'), null, /^No answer within/],
  ['answers 599', answer('HTTP/1.1 599 X\r\ncontent-length: 0\r\n\r\n'), 599, /Answered 599/],
  [
    'trickles its body',
    trickle('HTTP/1.1 500 X\r\ncontent-length: 99999\r\n\r\n', 'x'),
    500,
    /500/,
  ],
  ['has a body without end', flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(9_000)), 200, null],
]

test.each(behaviors.filter((_, n) => isLongRun || n % 3 === 0))(
  'when a receiver %s, the attempt is logged, and another merchant gets its events',
  async (what, how, code, error) => {
    const { rude, hostile, other } = merchants
    hostile.behave(how)
    const { body: endpoint } = await rude('POST', endpointsPath, { body: { url: hostile.url } })
    await sendEvents(rude, 3)
    // Short where only the deadline ends the attempt. A busy machine must still get the status of a body that trickles.
    merchants.start(
      error?.source.startsWith('^No answer') ? 300 : what === 'trickles its body' ? 5_000 : 60_000,
    )
    const delivery = await until('it was attempted', async () => {
      const { body } = await rude('GET', `/v1/webhooks/deliveries?endpoint_id=${endpoint.id}`)
      return body.data.find((one: { attempt: number }) => one.attempt >= 1)
    })
    expect(delivery.response_code).toBe(code)
    if (error === null) expect(delivery).toMatchObject({ status: 'succeeded', error: null })
    else expect(delivery.error).toMatch(error)
    await sendEvents(other, 3)
    await merchants.expectOthersEvents(3)
    await rude('DELETE', `${endpointsPath}/${endpoint.id}`)
    await until('every connection is closed', () => hostile.open() === 0)
  },
)

/** Behaviors that end no attempt, or end it without an answer that counts as a status of HTTP. */
const withoutStatus = behaviors.filter(([, , code]) => code === null || code === 101)

test.each(withoutStatus.filter((_, n) => isLongRun || n === 0 || n === 4))(
  'when a receiver %s, a stop ends, and interrupted calls do not count as attempts',
  async (_what, how) => {
    const { own, rude, hostile } = merchants
    hostile.behave(how)
    await merchants.registerHostile()
    await sendEvents(rude, 4)
    merchants.start()
    await until('a receiver is called', () => hostile.requests() > 0)
    await merchants.stop()
    await until('every connection is closed', () => hostile.open() === 0)
    // A busy machine may start an attempt too late for its lease of 20 seconds. The worker then skips it, and keeps
    // the lease. It does so ten seconds after the claim at the earliest.
    const [{ leased }] = await own.sql.query(
      `select count(*)::integer as leased from webhook_deliveries
       where lease is not null and due_at > now() + interval '10 seconds'`,
    )
    expect(leased).toBe(0)
  },
)
