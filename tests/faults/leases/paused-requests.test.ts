import { beforeAll, describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { countWaiting } from '../../support/databases/sql.ts'
import { type Api, type ApiAnswer, createPayment, paymentBody } from '../../support/http/api.ts'
import {
  armPause,
  type KeyedRequest,
  pauseAt,
  untilFinal,
} from '../../support/http/paused-requests.ts'
import { withPausedPair } from '../../support/servers/paused-pair.ts'
import { tell } from '../../support/servers/server.ts'
import { places, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

// Leases of zero seconds have ended wherever a process is paused.
const pair = withPausedPair(0)
let keys = 0
const newKey = () => `paused ${++keys}`

/** One request of each kind, each on its own object. */
const requests: Readonly<Record<string, (api: Api) => Promise<KeyedRequest>>> = {
  create: async () => ({ path: '/v1/payments', body: paymentBody() }),
  'create and submit': createAndSubmit('tok_visa'),
  'create and submit, declined': createAndSubmit('tok_chargeDeclined'),
  'create and submit, to be confirmed': createAndSubmit('tok_threeDSecureRequired'),
  submit: submit('tok_visa'),
  'submit, declined': submit('tok_chargeDeclined'),
  'submit, the processor’s answer lost': submit('tok_lostAuthorizeAnswer'),
  'submit, to be confirmed': submit('tok_threeDSecureRequired'),
  cancel: async (api) => ({ path: `/v1/payments/${(await createPayment(api)).id}/cancel` }),
  'cancel by key': async () => ({
    path: '/v1/payments/cancel',
    body: { idempotency_key: newKey() },
  }),
  reverse: async (api) => ({ path: `/v1/payments/${(await createPayment(api)).id}/reverse` }),
  refund: async () => ({ path: `/v1/payments/${await pair.paid()}/refund`, body: { amount: 1 } }),
  'cancel many': async (api) => ({
    path: '/v1/cancellations',
    body: { payment_ids: [(await createPayment(api)).id] },
  }),
  'create a checkout session': async () => ({
    path: '/v1/checkout/sessions',
    body: { amount: 1000, currency: 'EUR', success_url: 'https://example.com/' },
  }),
  'create a key, whose answer is sealed': async () => ({
    path: '/v1/auth/api-keys',
    body: { scopes: ['payments:read'] },
  }),
}

/** The requests of `npm test`: with and without a processor, with one and with many statements. */
const quickRequests = ['submit, the processor’s answer lost', 'cancel']

function createAndSubmit(token: string) {
  const body = paymentBody({ initiate: true, payment_method_token: token, cancel_window: 3_600 })
  return async () => ({ path: '/v1/payments', body })
}

function submit(token: string) {
  return async (api: Api) => {
    const { id } = await createPayment(api, { cancel_window: 3_600 })
    return { path: `/v1/payments/${id}/initiate`, body: { payment_method_token: token } }
  }
}

describe('if a server is paused at any statement and another one takes over', () => {
  describe.each(size({ quick: [0], all: [0, 60, -60] }))(
    'with a clock that is %d s ahead',
    (seconds) => {
      beforeAll(() => tell(pair.pausedServer, { clockAheadMs: seconds * 1000 }))

      test.each(size({ quick: quickRequests, all: Object.keys(requests) }))(
        'both servers return the same first answer: %s',
        async (name) => {
          for (const n of places()) {
            const made = await requests[name]?.(pair.other)
            if (!made) throw new Error(`there is no request ${name}`)
            const request = { ...made, idempotencyKey: newKey() }
            const outcome = await pauseAt(pair, n, { request, rival: request })
            const { pausedAt, paused, other } = outcome
            if (pausedAt === null) {
              expect(n, 'statements that it was paused at').toBeGreaterThan(1)
              break
            }
            const place = `paused at statement ${n}: ${pausedAt}`
            expect(bytes(paused), place).toEqual(bytes(other))
            expect([paused, other].filter(isReplay), place).toHaveLength(1)
            for (const api of [pair.paused, pair.other]) {
              const again = await api('POST', request.path, request)
              expect([isReplay(again), bytes(again)], place).toEqual([true, bytes(paused)])
            }
          }
          expect(await brokenInvariants(pair.sql, { isAtRest: false })).toEqual({})
        },
      )
    },
  )
})

describe('a server that is paused at any statement until its request’s deadline', () => {
  test.each([
    ['submit', submit('tok_visa')] as const,
    ...size({ quick: [], all: [['create and submit', createAndSubmit('tok_visa')] as const] }),
  ])('returns the answer of the request that took over: %s', async (_, make) => {
    for (const n of places()) {
      const request = { ...(await make(pair.other)), idempotencyKey: newKey() }
      const watch = await armPause(pair.pausedServer, n)
      const answer = pair.paused('POST', request.path, request)
      const pausedAt = await Promise.race([watch.paused, answer.then(() => null)])
      watch.stop()
      if (pausedAt === null) {
        await tell(pair.pausedServer, { release: true })
        break
      }
      let tookOver: ApiAnswer | undefined
      const rival = untilFinal(pair.other, request)
      void rival.then((found) => {
        tookOver = found
      })
      await until(
        `the other server has answered, or waits, while one is paused at ${pausedAt}`,
        async () => tookOver !== undefined || (await countWaiting(pair.sql)) > 0,
      )
      const isTakenOver = tookOver !== undefined
      await tell(pair.pausedServer, { timeIsUp: true })
      await tell(pair.pausedServer, { release: true })
      const paused = await answer
      const first = bytes(await rival)
      const place = `paused at statement ${n}: ${pausedAt}`
      // If the other server still waited, no answer existed yet.
      if (isTakenOver) expect(bytes(paused), place).toEqual(first)
      else
        expect([first, 502, 409], place).toContain(
          paused.status < 400 ? bytes(paused) : paused.status,
        )
      expect(bytes(await untilFinal(pair.paused, request)), place).toEqual(first)
    }
    expect(await brokenInvariants(pair.sql, { isAtRest: false })).toEqual({})
  })
})

const bytes = ({ status, text }: ApiAnswer) => `${status} ${text}`
const isReplay = ({ headers }: ApiAnswer) => headers.get('idempotent-replayed') === 'true'
