import { describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { countWaiting } from '../../support/databases/sql.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import {
  armPause,
  type KeyedRequest,
  startPaused,
  submittedAlone,
  untilFinal,
} from '../../support/http/paused-requests.ts'
import { withPausedPair } from '../../support/servers/paused-pair.ts'
import { tell } from '../../support/servers/server.ts'
import { places, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const leaseSeconds = 3_600

// Long enough that no lease ends while a server is paused, even on a busy machine.
const pair = withPausedPair(leaseSeconds)
let keys = 0
const newKey = () => `clock ${++keys}`
const token = 'tok_visa'

/** Seconds by which the second server's clock is ahead of the first one's: more than every lease. */
const clocks = size({ quick: [2 * leaseSeconds], all: [2 * leaseSeconds, -2 * leaseSeconds] })

const submit = async ({ payment = {}, headers = {} } = {}): Promise<KeyedRequest> => ({
  path: `/v1/payments/${(await createPayment(pair.paused, payment)).id}/initiate`,
  body: { payment_method_token: token },
  headers,
})

/** Requests, and at how many statements at least their keys are in use. */
const submissions: readonly [name: string, inUseMin: number, make: () => Promise<KeyedRequest>][] =
  [
    [
      'create and submit',
      4,
      async () => ({
        path: '/v1/payments',
        body: paymentBody({ initiate: true, payment_method_token: token }),
      }),
    ],
    ['submit', 4, () => submit()],
    ['submit alone', 6, () => submit(submittedAlone)],
  ]

describe.each(clocks)('during a running request, on a server whose clock is off by %d s,', (s) => {
  test.each(size({ quick: submissions.slice(0, 1), all: submissions }))(
    'a second request with its key gets 409: %s',
    async (_, inUseMin, make) => {
      await tell(pair.otherServer, { clockAheadMs: s * 1000 })
      let inUse = 0
      const [{ id: merchantId }] = await pair.sql.query('select id from merchants')
      for (const n of places()) {
        const request = { ...(await make()), idempotencyKey: newKey() }
        const { pausedAt, answer } = await startPaused(pair, n, request)
        if (pausedAt === null) break
        const place = `paused at statement ${n}: ${pausedAt}`
        // A server that is paused in a transaction has locks too, which make other servers wait.
        const running = await pair.sql.query(
          `select from idempotency_records r join payments p on p.merchant_id = r.merchant_id
          and p.livemode = r.livemode and p.id = r.payment_id
        where r.merchant_id = $2 and r.key = $1 and r.outcome = 'running' for update skip locked`,
          [request.idempotencyKey, merchantId],
        )
        if (running.length > 0) {
          inUse++
          const { status, body } = await pair.other('POST', request.path, request)
          expect([status, body.error?.code], place).toEqual([409, 'idempotency_key_in_use'])
        }
        await tell(pair.pausedServer, { release: true })
        const first = await answer
        expect(first.headers.get('idempotent-replayed'), place).toBeNull()
        const again = await pair.other('POST', request.path, request)
        expect([again.status, again.text], place).toEqual([first.status, first.text])
      }
      expect(inUse).toBeGreaterThanOrEqual(size({ quick: 1, all: inUseMin }))
      expect(await brokenInvariants(pair.sql, { isAtRest: false })).toEqual({})
    },
  )

  test.each([
    ['with others', 4, { payment: {}, headers: {} }],
    ['alone', 6, submittedAlone],
  ])(
    'a request with another key does not submit its payment: %s',
    async (_, waitedMin, { payment, headers }) => {
      await tell(pair.otherServer, { clockAheadMs: s * 1000 })
      let waited = 0
      for (const n of places()) {
        const { id } = await createPayment(pair.paused, payment)
        const path = `/v1/payments/${id}/initiate`
        const body = { payment_method_token: token }
        const { pausedAt, answer } = await startPaused(pair, n, {
          path,
          body,
          headers,
          idempotencyKey: newKey(),
        })
        if (pausedAt === null) break
        const place = `paused at statement ${n}: ${pausedAt}`
        const rival = { path, body, idempotencyKey: newKey() }
        const begun = await pair.sql.query(
          `select from payment_attempts a join payments p on p.merchant_id = a.merchant_id
          and p.livemode = a.livemode and p.id = a.payment_id
        where p.id = $1 and p.status = 'pending'`,
          [id],
        )
        let second = null
        if (begun.length > 0) {
          waited++
          // Many more statements than a submission needs to begin: the rival polls and waits.
          const rivalPause = await armPause(pair.otherServer, 30)
          second = untilFinal(pair.other, rival)
          let isPaused = false
          void rivalPause.paused.then(() => {
            isPaused = true
          })
          await until(
            `the rival waits, ${place}`,
            async () => isPaused || (await countWaiting(pair.sql)) > 0,
          )
          rivalPause.stop()
        }
        await tell(pair.pausedServer, { release: true })
        await tell(pair.otherServer, { release: true })
        expect((await answer).status, place).toBe(200)
        expect((await (second ?? untilFinal(pair.other, rival))).status, place).toBe(412)
        const submissions = await pair.sql.query(
          'select distinct submission from payment_attempts where payment_id = $1',
          [id],
        )
        expect(submissions, place).toHaveLength(1)
      }
      expect(waited).toBeGreaterThanOrEqual(size({ quick: 1, all: waitedMin }))
      expect(await brokenInvariants(pair.sql, { isAtRest: false })).toEqual({})
    },
  )
})
