import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { clusterUrl } from '../../support/databases/cluster.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { pauseAndTakeOver } from './pause-everywhere.ts'
import { passLeases, startPausedWork, startWork, stopWork } from './paused-work.ts'

// Like leases.test.ts, for webhooks and checkout sessions.

let app: OwnApp
let receiver: Receiver

beforeAll(async () => {
  app = await startOwnApp({})
  receiver = await startReceiver()
})

afterEach(() => stopWork())

afterAll(async () => {
  await receiver?.close()
  await app?.close()
})

async function registerEndpoint(): Promise<string> {
  const { body } = await app.api('POST', '/v1/webhooks/endpoints', { body: { url: receiver.url } })
  return body.id
}

describe('a webhook worker that is paused for longer than its lease', () => {
  async function prepareDelivery() {
    const endpointId = await registerEndpoint()
    const { body: event } = await app.api('POST', '/v1/webhooks/test', {
      body: { endpoint_id: endpointId },
    })
    const work = startWork(app.databaseUrl)
    const [delivery] = await until('the delivery is there', async () => {
      const rows = await app.sql.query(
        'select id, position from webhook_deliveries where endpoint_id = $1',
        [endpointId],
      )
      return rows.length > 0 && rows
    })
    await work.stop()
    return { endpointId, event, delivery }
  }

  const read = async (id: string) =>
    (await app.api('GET', `/v1/webhooks/deliveries/${id}`)).body as {
      status: string
      attempt: number
      response_code: number
      attempts: { attempt: number; response_code: number }[]
    }

  test('overwrites no later success, and the log contains its attempt', async () => {
    const endpointId = await registerEndpoint()
    let answer = 500
    receiver.answer(() => answer)
    let late = 0
    const reached = await pauseAndTakeOver(app, async () => {
      answer = 500
      const { body: event } = await app.api('POST', '/v1/webhooks/test', {
        body: { endpoint_id: endpointId },
      })
      const find = async () =>
        await app.sql.query(
          `select id from webhook_deliveries where endpoint_id = $1
             order by position desc limit 1`,
          [endpointId],
        )
      const before = (await find())[0]?.id
      const idNow = async () => {
        const [row] = await find()
        return row && row.id !== before ? (row.id as string) : null
      }
      return {
        ids: [endpointId],
        isDone: async () => {
          const id = await idNow()
          if (!id) return false
          const { status, attempt } = await read(id)
          return answer === 500 ? attempt > 0 : status === 'succeeded'
        },
        meanwhile: async () => {
          answer = 200
          await app.sql.query(
            `update webhook_deliveries set due_at = now() where endpoint_id = $1
               and status = 'pending'`,
            [endpointId],
          )
        },
        check: async (paused) => {
          const delivery = await read((await idNow()) ?? '')
          expect(delivery, paused).toMatchObject({ status: 'succeeded', response_code: 200 })
          const numbers = delivery.attempts.map(({ attempt }) => attempt)
          expect(numbers, paused).toEqual(numbers.map((_, n) => numbers.length - n))
          const logged = delivery.attempts.find(({ attempt }) => attempt === delivery.attempt)
          expect(logged?.response_code, paused).toBe(200)
          if (delivery.attempts.length > delivery.attempt) late++
          const { body } = await app.api('GET', `/v1/webhooks/endpoints/${endpointId}`)
          expect(body, paused).toMatchObject({ enabled: true, failing_since: null })
          expect(delivery.attempts, paused).toHaveLength(
            receiver.received.filter(({ event: { id } }) => id === event.id).length,
          )
        },
      }
    })
    // The read of the endpoint and the record of the result. A claim names no endpoint.
    expect(reached).toBeGreaterThan(size({ quick: 0, all: 1 }))
    if (isLongRun) expect(late, 'it was paused after it had sent').toBeGreaterThan(0)
    await app.api('DELETE', `/v1/webhooks/endpoints/${endpointId}`)
  })

  test('does not disable the endpoint after a late answer of 410', async () => {
    const { endpointId, delivery } = await prepareDelivery()
    let answer = 410
    receiver.answer(() => answer)
    await app.sql.query(
      `update webhook_deliveries set status = 'pending', due_at = now(), lease = null
       where id = $1`,
      [delivery.id],
    )
    const paused = startPausedWork(app.databaseUrl, { ids: [delivery.id], nth: 1 })
    await until('it has sent, and is paused before it records the result', () => {
      paused.loop.nudge()
      return paused.isPaused()
    })
    answer = 200
    await passLeases(app.sql, paused)
    const other = startWork(app.databaseUrl)
    await until('another has sent it', async () => (await read(delivery.id)).status === 'succeeded')
    await other.stop()
    paused.release()
    await paused.stop()
    const { body } = await app.api('GET', `/v1/webhooks/endpoints/${endpointId}`)
    expect(body).toMatchObject({ enabled: true, failing_since: null })
    await app.api('DELETE', `/v1/webhooks/endpoints/${endpointId}`)
  })
})

test('a manual retry during a failing attempt is sent at once, and restarts the schedule', async () => {
  const endpointId = await registerEndpoint()
  const answered = Promise.withResolvers<void>()
  let count = 0
  receiver.answer(async () => {
    if (++count > 1) return 500
    await answered.promise
    return 500
  })
  const work = startWork(app.databaseUrl)
  await app.api('POST', '/v1/webhooks/test', { body: { endpoint_id: endpointId } })
  await until('the attempt is in progress', () => count === 1)
  const [{ id }] = await app.sql.query('select id from webhook_deliveries where endpoint_id = $1', [
    endpointId,
  ])
  // The schedule of this delivery has ended.
  await app.sql.query('update webhook_deliveries set tries = 5 where id = $1', [id])
  await app.api('POST', `/v1/webhooks/deliveries/${id}/retry`)
  answered.resolve()
  const tries = await until('it was sent again', async () => {
    const [row] = await app.sql.query(
      `select tries from webhook_deliveries where id = $1 and attempts = 2 and lease is null`,
      [id],
    )
    return row?.tries
  })
  expect(tries).toBe(1)
  await work.stop()
  await app.api('DELETE', `/v1/webhooks/endpoints/${endpointId}`)
})

describe('a checkout session', () => {
  async function createSession() {
    const { body } = await app.api('POST', '/v1/checkout/sessions', {
      body: { amount: 500, currency: 'USD', customer_email: 'customer@example.com' },
    })
    return body.id as string
  }
  const read = async (id: string) => (await app.api('GET', `/v1/checkout/sessions/${id}`)).body

  test('expires once, even if its worker is paused', async () => {
    const reached = await pauseAndTakeOver(app, async () => {
      const id = await createSession()
      const { id: paymentId } = await createPayment(app.api)
      await app.sql.query(
        `update checkout_sessions set payment_id = $2, tries = 1,
             expires_at = now() - interval '1 s', due_at = now() - interval '1 s' where id = $1`,
        [id, paymentId],
      )
      const ended = async () =>
        await app.sql.query(`select type from events where subject_id = $1`, [id])
      return {
        ids: [id, paymentId],
        isDone: async () => (await ended()).length > 0,
        check: async (paused) => {
          expect(await ended(), paused).toEqual([{ type: 'checkout.expired' }])
          const { body } = await app.api('GET', `/v1/payments/${paymentId}`)
          expect(body, paused).toMatchObject({
            status: 'canceled',
            cancellation_reason: 'expired',
          })
        },
      }
    })
    expect(reached).toBeGreaterThan(size({ quick: 0, all: 2 }))
  })

  test('is checked at the time of its latest try, even if an older worker plans another time', async () => {
    const id = await createSession()
    await app.sql.query(
      `update checkout_sessions set due_at = now() - interval '1 s' where id = $1`,
      [id],
    )
    // In a cluster, the claim names the session too.
    const paused = startPausedWork(app.databaseUrl, { ids: [id], nth: clusterUrl ? 2 : 1 })
    await until('its worker is paused', () => {
      paused.loop.nudge()
      return paused.isPaused()
    })
    await app.sql.query(
      `update checkout_sessions set due_at = now() + interval '30 s', lease = null,
         leased_until = null where id = $1`,
      [id],
    )
    paused.release()
    await paused.stop()
    const [row] = await app.sql.query(
      `select extract(epoch from due_at - now())::float as seconds from checkout_sessions
       where id = $1`,
      [id],
    )
    expect(row.seconds).toBeLessThanOrEqual(31)
    expect((await read(id)).status).toBe('open')
  })

  test('whose check fails is retried later and does not delay others', async () => {
    const broken = await createSession()
    const other = await createSession()
    await app.sql.query(
      `with found as materialized (select * from checkout_sessions where id = $1)
       insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type)
       select merchant_id, livemode, id, 1, 'checkout.expired', now(), 'system' from found`,
      [broken],
    )
    for (const [id, due] of [
      [broken, '9 s'],
      [other, '1 s'],
    ]) {
      await app.sql.query(
        `update checkout_sessions set expires_at = now() - interval '1 s',
           due_at = now() - $2::interval
         where id = $1`,
        [id, due],
      )
    }
    const work = startWork(app.databaseUrl)
    const state = async (id: string) =>
      (
        await app.sql.query(
          `select status, failures, due_at > now() as waits from checkout_sessions where id = $1`,
          [id],
        )
      )[0]
    await until('the other has ended', async () => {
      work.loop.nudge()
      return (await state(other)).status === 'expired'
    })
    await until('the broken one waits', async () => {
      const { status, failures, waits } = await state(broken)
      return status === 'open' && failures > 0 && waits
    })
    await work.stop()
  })
})

test('after these tests every invariant of the payments holds', async () => {
  expect(await brokenInvariants(app.sql, { isAtRest: false })).toEqual({})
})
