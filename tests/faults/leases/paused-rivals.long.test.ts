import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { countWaiting } from '../../support/databases/sql.ts'
import { type ApiAnswer, createPayment } from '../../support/http/api.ts'
import {
  type KeyedRequest,
  pauseAt,
  startPaused,
  submittedAlone,
} from '../../support/http/paused-requests.ts'
import { withPausedPair } from '../../support/servers/paused-pair.ts'
import { startServer, type TestServer, tell } from '../../support/servers/server.ts'
import { places, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

// Leases of zero seconds have ended wherever a process is paused.
const pair = withPausedPair(0)
let keys = 0
const newKey = () => `rival ${++keys}`

async function submission(
  token: string,
  { payment = {}, headers = {} } = {},
): Promise<KeyedRequest & { id: string }> {
  const { id } = await createPayment(pair.other, { cancel_window: 3_600, ...payment })
  const path = `/v1/payments/${id}/initiate`
  return { id, path, body: { payment_method_token: token }, headers }
}

const bytes = ({ status, text }: ApiAnswer) => `${status} ${text}`

async function expectReplayed(request: KeyedRequest, first: ApiAnswer, place: string) {
  for (const api of [pair.paused, pair.other]) {
    const again = await api('POST', request.path, request)
    const isReplay = again.headers.get('idempotent-replayed') === 'true'
    expect([isReplay, bytes(again)], place).toEqual([true, bytes(first)])
  }
}

describe('if a server is paused at any statement of a submission and another one submits the payment,', () => {
  const submissions = [
    ['the payment is authorized', 'tok_visa', {}],
    ['the payment is authorized alone', 'tok_visa', submittedAlone],
    ['the payment is declined', 'tok_chargeDeclined', {}],
    ['the payment is declined alone', 'tok_chargeDeclined', submittedAlone],
    ['the processor’s first answer is lost', 'tok_lostAuthorizeAnswer', {}],
  ] as const

  test.each(size({ quick: submissions.slice(0, 1), all: submissions }))(
    'the request of one key wins, and both keys keep their answers: %s',
    async (_, token, how) => {
      for (const n of places()) {
        const made = await submission(token, how)
        const request = { ...made, idempotencyKey: newKey() }
        const rival = { ...made, idempotencyKey: newKey() }
        const { pausedAt, paused, other } = await pauseAt(pair, n, { request, rival })
        if (pausedAt === null) break
        const place = `paused at statement ${n}: ${pausedAt}`
        expect([paused.status, other.status].sort(), place).toEqual([200, 412])
        await expectReplayed(request, paused, place)
        await expectReplayed(rival, other, place)
        expect(await brokenInvariants(pair.sql, { isAtRest: false }), place).toEqual({})
      }
    },
  )

  test('one of two requests without a key wins', async () => {
    for (const n of places()) {
      const request = await submission('tok_visa')
      const { pausedAt, paused, other } = await pauseAt(pair, n, { request, rival: request })
      if (pausedAt === null) break
      const place = `paused at statement ${n}: ${pausedAt}`
      expect([paused.status, other.status].sort(), place).toEqual([200, 412])
      expect(await brokenInvariants(pair.sql, { isAtRest: false }), place).toEqual({})
    }
  })

  test('a customer with the hosted page in two windows pays once', async () => {
    for (const n of places()) {
      const { body: session } = await pair.other('POST', '/v1/checkout/sessions', {
        body: {
          amount: 1000,
          currency: 'EUR',
          customer_email: 'customer@example.com',
          success_url: 'https://example.com/',
        },
      })
      const path = `/pay/api/${session.id}/pay`
      const pay = (token: string) => ({ path, body: { method: 'card', token } })
      const outcome = await pauseAt(pair, n, {
        request: pay('tok_visa'),
        rival: pay('tok_mastercard'),
      })
      const place = `paused at statement ${n}: ${outcome.pausedAt}`
      for (const { status } of [outcome.paused, outcome.other]) expect(status, place).toBe(200)
      if (outcome.pausedAt === null) break
      const paid = await pair.sql.query(
        `select a.payment_id from sandbox_movements a join checkout_sessions s
          on s.payment_id = a.payment_id where s.id = $1 and a.kind = 'authorize'`,
        [session.id],
      )
      expect(paid, place).toHaveLength(1)
      expect(await brokenInvariants(pair.sql, { isAtRest: false }), place).toEqual({})
    }
  })
})

describe('if a server is paused at any statement of a submission and the worker completes it,', () => {
  let working: TestServer

  beforeAll(async () => {
    working = await startServer({ databaseUrl: pair.database.url })
  })

  afterAll(() => working?.stop())

  /** Whether the worker has a task that is not locked by the paused server. */
  const isWorking = async (id: string) => {
    const [{ id: merchantId }] = await pair.sql.query('select id from merchants')
    const due = await pair.sql.query(
      `select from payments p join payment_tasks t on t.merchant_id = p.merchant_id
        and t.livemode = p.livemode and t.payment_id = p.id
      where p.merchant_id = $2 and p.id = $1 and p.status = 'pending' and t.kind = 'authorize'
      for update of t skip locked`,
      [id, merchantId],
    )
    return due.length > 0 && (await countWaiting(pair.sql)) === 0
  }

  test.each(size({ quick: ['tok_visa'], all: ['tok_visa', 'tok_chargeDeclined'] }))(
    'the request still wins once and keeps its answer: %s',
    async (token) => {
      for (const n of places()) {
        const made = await submission(token)
        const request = { ...made, idempotencyKey: newKey() }
        const { pausedAt, answer } = await startPaused(pair, n, request)
        const place = `paused at statement ${n}: ${pausedAt}`
        await until(`the worker is done, ${place}`, async () => !(await isWorking(made.id)))
        await tell(pair.pausedServer, { release: true })
        const first = await answer
        expect(first.status, place).toBe(200)
        if (pausedAt === null) break
        await expectReplayed(request, first, place)
        expect(await brokenInvariants(pair.sql, { isAtRest: false }), place).toEqual({})
      }
    },
  )
})
