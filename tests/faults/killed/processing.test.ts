import { beforeAll, describe, expect, test } from 'vitest'
import { brokenInvariants, isAtRest } from '../../support/databases/invariants.ts'
import { endLeasesOfKilled } from '../../support/databases/leases.ts'
import { retryTasksSoon } from '../../support/databases/retries.ts'
import type { Sql } from '../../support/databases/sql.ts'
import { type Api, createPayment, paymentBody } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, movements } from '../../support/payments/sandbox.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { untilCalling, withKillableServers } from './killable-servers.ts'

const servers = withKillableServers()
/** A client of the server that is not killed. */
let api: Api
let sql: Sql

beforeAll(async () => {
  api = await servers.survivor()
  sql = servers.sql
  await retryTasksSoon(sql)
})

/** Kills a server while it calls the processor. `begin` makes it call. */
async function killDuring(
  kind: 'authorize' | 'capture',
  begin: (doomed: Api) => Promise<unknown>,
): Promise<void> {
  const doomed = await servers.doomed()
  const begun = begin(doomed.api).catch(() => undefined)
  await untilCalling(sql, kind)
  await doomed.kill()
  await begun
}

const countMovements = async (id: string, kind: string) =>
  (await movements(sql, id)).filter((moved) => moved === kind).length

test('two processes share the work and do each part once', async () => {
  const apis = [api, (await servers.doomed()).api]
  const created = await Promise.all(
    Array.from({ length: size({ quick: 10, all: 40 }) }, async (_, n) => {
      const payment = await createPayment(apis[n % 2] as Api, { cancel_window: 60 })
      await (apis[(n + 1) % 2] as Api)('POST', `/v1/payments/${payment.id}/initiate`, {
        body: { payment_method_token: 'tok_visa' },
      })
      return payment.id as string
    }),
  )
  await advance(api, 61)
  for (const id of created) await untilStatus(api, id, 'succeeded')
  expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
})

describe('kill -9', () => {
  test('during an authorization: another process completes it, and a retry with the key gets the answer', async () => {
    const payment = await createPayment(api)
    const path = `/v1/payments/${payment.id}/initiate`
    const request = {
      body: { payment_method_token: 'tok_slow' },
      idempotencyKey: 'killed during initiate',
    }
    await killDuring('authorize', (doomed) => doomed('POST', path, request))
    const early = await api('POST', path, request)
    expect(early.body.error?.code).toBe('idempotency_key_in_use')
    await endLeasesOfKilled(sql)
    const answered = await until('the key is free and the payment submitted', async () => {
      const reply = await api('POST', path, request)
      return reply.status === 200 && reply
    })
    expect(answered.body.id).toBe(payment.id)
    await until(
      'the payment succeeds',
      async () => (await api('GET', `/v1/payments/${payment.id}`)).body.status === 'succeeded',
      { patience: 2 },
    )
    expect(await countMovements(payment.id, 'authorize')).toBe(1)
    expect(await countMovements(payment.id, 'capture')).toBe(1)
    expect((await api('POST', path, request)).text).toBe(answered.text)
  })

  test.runIf(isLongRun)(
    'between create and initiate: a retry with the key submits the same payment',
    async () => {
      const request = {
        body: paymentBody({
          initiate: true,
          payment_method_token: 'tok_slow',
          customer_email: 'killed@example.com',
          cancel_window: 3_600,
        }),
        idempotencyKey: 'killed during create',
      }
      await killDuring('authorize', (doomed) => doomed('POST', '/v1/payments', request))
      await endLeasesOfKilled(sql)
      const { body } = await until('the key is free', async () => {
        const reply = await api('POST', '/v1/payments', request)
        return reply.status === 201 && reply
      })
      expect(body.status).toBe('initiated')
      const list = await api('GET', '/v1/payments?customer_email=killed%40example.com')
      expect(list.body.data).toHaveLength(1)
      expect(await eventTypes(api, body.id)).toEqual(['payment.created', 'payment.initiated'])
    },
  )

  test.runIf(isLongRun).each([
    ['a capture', 'card'],
    ['a debit', 'ach'],
  ])('during %s: the payment succeeds, and the money is captured once', async (_, method) => {
    let id = ''
    await killDuring('capture', async (doomed) => {
      // The doomed server must claim the capture. The other servers claim tasks too.
      const payment = await createPayment(doomed, { payment_method: method })
      id = payment.id
      await doomed('POST', `/v1/payments/${id}/initiate`, {
        body: { payment_method_token: 'tok_slow' },
      })
    })
    await endLeasesOfKilled(sql)
    await until(
      'the payment succeeds',
      async () => (await api('GET', `/v1/payments/${id}`)).body.status === 'succeeded',
      { patience: 2 },
    )
    expect(await countMovements(id, 'capture')).toBe(1)
  })

  // In `npm test`, tests/faults/harness.test.ts kills a server under a load with cancels.
  test.runIf(isLongRun)(
    'at any time, with concurrent cancels: Hedge and the processor agree in the end',
    async () => {
      const tokens = [
        'tok_visa',
        'tok_slow',
        'tok_lostAuthorizeAnswer',
        'tok_lostCaptureAnswer',
        'tok_duplicateCapture',
        'tok_errorTwice',
        'tok_downMinute',
        'tok_capturedByHand',
        'tok_captureDeclined',
        'tok_chargeDeclined',
        'tok_threeDSecureRequired',
      ]
      const ids: string[] = []
      for (let round = 0; round < size({ quick: 1, all: 3 }); round++) {
        const doomed = await servers.doomed()
        const doing = tokens.map(async (token, n) => {
          const payment = await createPayment(api, {
            cancel_window: n % 3 === 0 ? 5 : 0,
            // A bank debit is sent at the end of its window.
            payment_method: (n + round) % 4 === 0 ? 'ach' : 'card',
          })
          ids.push(payment.id)
          const at = n % 2 === 0 ? doomed.api : api
          const initiating = at('POST', `/v1/payments/${payment.id}/initiate`, {
            body: { payment_method_token: token },
          }).catch(() => undefined)
          if (n % 2 === round % 2) await api('POST', `/v1/payments/${payment.id}/cancel`)
          await initiating
        })
        await untilCalling(sql)
        await doomed.kill()
        await Promise.all(doing)
        expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
      }
      // One customer never confirms, so that payment expires.
      await advance(api, 4_000)
      await endLeasesOfKilled(sql)
      await until('nothing is left to do', () => isAtRest(sql), { patience: 2 })
      expect(await brokenInvariants(sql, { isAtRest: true })).toEqual({})
      for (const id of ids) {
        const { body } = await api('GET', `/v1/payments/${id}`)
        expect(['succeeded', 'failed', 'canceled']).toContain(body.status)
      }
    },
  )
})

test('a payment whose step fails does not delay the other payments of its set', async () => {
  const submit = async () => {
    const payment = await createPayment(api, { cancel_window: 60 })
    await api('POST', `/v1/payments/${payment.id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    return payment.id as string
  }
  const broken = await submit()
  const others = [await submit(), await submit()]
  // An existing event conflicts with the event that the step writes. Read first: on a worker of a cluster, the
  // insert would find no positions.
  await sql.query(
    `with found as materialized (select * from payments where id = $1)
     insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type)
     select merchant_id, livemode, id, sequence + 1, 'payment.processing', now(), 'system' from found`,
    [broken],
  )
  await advance(api, 61)
  for (const id of others) await untilStatus(api, id, 'succeeded')
  expect((await api('GET', `/v1/payments/${broken}`)).body.status).toBe('initiated')
})
