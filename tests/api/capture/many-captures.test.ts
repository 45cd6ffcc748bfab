import { describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts, movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

// Captures that begin together share statements. Each payment must be recorded as if it were alone.

const fixture = withMerchant()

const windowSeconds = 60

/** A merchant of its own, whose test clock no other test advances. */
async function newMerchant(more: object = {}) {
  const { body } = await fixture.api('POST', '/v1/merchants', {
    body: { name: 'A shop', fee_basis_points: 290, fee_fixed: 30, ...more },
  })
  const [{ secret_key: key }] = body.api_keys
  return { id: body.id as string, api: apiClient(fixture.servers[0]?.url ?? '', key) }
}

/** Authorizes a payment whose capture is due when its undo window ends. */
async function authorize(api: Api, token: string, more: Record<string, unknown> = {}) {
  const { id } = await createPayment(api, { cancel_window: windowSeconds, ...more })
  const body = { payment_method_token: token }
  expect((await api('POST', `/v1/payments/${id}/initiate`, { body })).status).toBe(200)
  return id as string
}

const endWindows = (api: Api) => advance(api, windowSeconds + 1)

/** Keeps the sandbox from deciding about payments while `work` runs. Their calls are made meanwhile. */
async function whileCalling(
  { merchantId, ids }: { merchantId: string; ids: readonly string[] },
  work: () => Promise<void>,
): Promise<void> {
  const books = await fixture.sql.connect()
  try {
    await books.query('begin')
    for (const id of ids) {
      const name = `sandbox ${merchantId} ${id}`
      await books.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
    }
    await work()
  } finally {
    await books.query('rollback')
    books.release()
  }
}

const untilCalled = (api: Api, id: string) =>
  until(`the capture of ${id} is called`, async () =>
    (await attempts(api, id)).some((attempt) => attempt.startsWith('capture')),
  )

/** Waits until the capture of a payment is recorded, its task has ended, and so has what follows. */
const untilDone = (id: string) =>
  until(`the capture of ${id} is done`, async () => {
    const [row] = await fixture.sql.query(
      `select p.status in ('initiated', 'processing') or exists (
         select from payment_tasks t where t.merchant_id = p.merchant_id
           and t.livemode = p.livemode and t.payment_id = p.id and (t.kind in ('process', 'capture', 'void')
           or t.kind = 'dispute' and not p.disputed)) as is_open
       from payments p where p.id = $1`,
      [id],
    )
    return !row.is_open
  })

const untilDisputed = (api: Api, id: string) =>
  until(`${id} is disputed`, async () => (await api('GET', `/v1/payments/${id}`)).body.disputed)

/** What is recorded of a payment, without ids and times. */
async function recorded(api: Api, id: string) {
  const { body } = await api('GET', `/v1/payments/${id}`)
  const events = await api('GET', `/v1/payments/${id}/events?limit=100`)
  const transfers = await fixture.sql.query(
    `select kind, debit_account, credit_account, amount::integer as amount, currency, event_sequence
     from ledger_transfers where payment_id = $1 order by event_sequence, kind`,
    [id],
  )
  const tasks = await fixture.sql.query(
    `select kind, extract(epoch from due_at - waiting_since)::integer as after, failures
     from payment_tasks where payment_id = $1 and kind = 'settle'`,
    [id],
  )
  return {
    status: body.status,
    disputed: body.disputed,
    failure: body.failure_code,
    money: [body.captured_amount, body.fee, body.net_amount],
    events: events.body.data.map((event: { type: string; actor: unknown }) => [
      event.type,
      event.actor,
    ]),
    // A call that a busy machine has cut off is looked up. That may happen to each of them.
    attempts: (await attempts(api, id)).filter((attempt) => !/unknown|look_up/.test(attempt)),
    transfers,
    tasks,
  }
}

describe('captures that begin together', () => {
  test('are recorded as a capture alone is, whatever the processor decides', async () => {
    const { api } = await newMerchant()
    const kinds = {
      captured: () => authorize(api, 'tok_visa'),
      declined: () => authorize(api, 'tok_captureDeclined'),
      disputed: () => authorize(api, 'tok_createDispute'),
      'without an answer': () => authorize(api, 'tok_lostCaptureAnswer'),
      debited: () => authorize(api, 'tok_ach', { payment_method: 'ach' }),
    }
    const alone = new Map<string, unknown>()
    for (const [kind, start] of Object.entries(kinds)) {
      const id = await start()
      await endWindows(api)
      await untilDone(id)
      if (kind === 'disputed') await untilDisputed(api, id)
      alone.set(kind, await recorded(api, id))
    }
    const many: [kind: string, id: string][] = []
    for (let n = 0; n < 4; n++) {
      for (const [kind, start] of Object.entries(kinds)) many.push([kind, await start()])
    }
    await endWindows(api)
    for (const [, id] of many) await untilDone(id)
    for (const [kind, id] of many) if (kind === 'disputed') await untilDisputed(api, id)
    for (const [kind, id] of many) expect(await recorded(api, id), kind).toEqual(alone.get(kind))
  })

  test('write the step, the ledger, the call and the look-up of the settlement', async () => {
    const { id: merchantId, api } = await newMerchant()
    const ids = [await authorize(api, 'tok_visa'), await authorize(api, 'tok_visa')]
    await endWindows(api)
    for (const id of ids) {
      const processor = { type: 'processor', id: 'sandbox' }
      await untilDone(id)
      const { events, ...rest } = await recorded(api, id)
      expect(events[0]).toEqual(['payment.succeeded', processor])
      expect(rest).toEqual({
        status: 'succeeded',
        disputed: false,
        failure: null,
        money: [9999, 320, 9679],
        attempts: ['authorize authorized', 'capture captured'],
        transfers: [
          {
            ...{ kind: 'capture', debit_account: 'processor', credit_account: 'merchant_pending' },
            ...{ amount: 9999, currency: 'USD', event_sequence: 4 },
          },
          {
            ...{ kind: 'fee', debit_account: 'merchant_pending', credit_account: 'fees' },
            ...{ amount: 320, currency: 'USD', event_sequence: 4 },
          },
        ],
        tasks: [{ kind: 'settle', after: 86_400, failures: 0 }],
      })
      const { body } = await api('GET', `/v1/payments/${id}/events?limit=1`)
      expect(body.data[0].data).toMatchObject({
        ...{ id, merchant_id: merchantId, status: 'succeeded', captured_amount: 9999 },
        ...{ fee: 320, net_amount: 9679, payment_method_details: { last4: '4242' } },
      })
    }
  })

  test('charge no fee where the merchant has none, and the fee that is due when the money is taken', async () => {
    const { id: merchantId, api } = await newMerchant({ fee_basis_points: 0, fee_fixed: 0 })
    const free = await authorize(api, 'tok_visa')
    await endWindows(api)
    expect(await untilStatus(api, free, 'succeeded')).toMatchObject({ fee: 0, net_amount: 9999 })
    const ids = [await authorize(api, 'tok_visa'), await authorize(api, 'tok_visa')]
    await whileCalling({ merchantId, ids }, async () => {
      await endWindows(api)
      for (const id of ids) await untilCalled(api, id)
      const body = { fee_fixed: 5 }
      expect((await api('PATCH', `/v1/merchants/${merchantId}`, { body })).status).toBe(200)
    })
    for (const id of ids) {
      expect(await untilStatus(api, id, 'succeeded')).toMatchObject({ fee: 5, net_amount: 9994 })
    }
  })

  test('carry out the reversals that were requested meanwhile, and only these', async () => {
    const { id: merchantId, api } = await newMerchant()
    const [kept, reversed] = [await authorize(api, 'tok_visa'), await authorize(api, 'tok_visa')]
    await whileCalling({ merchantId, ids: [kept, reversed] }, async () => {
      await endWindows(api)
      for (const id of [kept, reversed]) await untilCalled(api, id)
      expect((await api('POST', `/v1/payments/${reversed}/reverse`, { body: {} })).status).toBe(202)
    })
    expect(await untilStatus(api, reversed, 'refunded')).toMatchObject({ refunded_amount: 9999 })
    expect(await untilStatus(api, kept, 'succeeded')).toMatchObject({ refunded_amount: 0 })
    // The refund may have succeeded already.
    expect((await eventTypes(api, reversed)).slice(0, 6)).toEqual([
      ...['payment.created', 'payment.initiated', 'payment.processing'],
      ...['payment.reversal_requested', 'payment.succeeded', 'payment.refunded'],
    ])
  })

  test('are recorded without the claim of their task, which stays with its new worker', async () => {
    const { id: merchantId, api } = await newMerchant()
    const [kept, lost] = [await authorize(api, 'tok_visa'), await authorize(api, 'tok_visa')]
    const claims = () =>
      fixture.sql.query(
        `select lease from payment_tasks where payment_id = $1 and kind = 'capture'`,
        [lost],
      )
    await whileCalling({ merchantId, ids: [kept, lost] }, async () => {
      await endWindows(api)
      for (const id of [kept, lost]) await untilCalled(api, id)
      // Another process has claimed it, and does nothing for a while.
      await fixture.sql.query(
        `update payment_tasks set lease = 'another process', leased_until = now() + interval '1 hour'
         where payment_id = $1 and kind = 'capture'`,
        [lost],
      )
    })
    await untilDone(kept)
    expect(await untilStatus(api, lost, 'succeeded')).toMatchObject({ fee: 320 })
    expect(await attempts(api, lost)).toEqual(['authorize authorized', 'capture captured'])
    expect(await claims()).toEqual([{ lease: 'another process' }])
    await fixture.sql.query(`update payment_tasks set leased_until = now() where payment_id = $1`, [
      lost,
    ])
    await untilDone(lost)
    expect(await movements(fixture.sql, lost)).toEqual(['authorize', 'capture'])
  })

  test('run once more where a message about the payment came meanwhile', async () => {
    const { id: merchantId, api } = await newMerchant()
    const id = await authorize(api, 'tok_visa')
    const planned = () =>
      fixture.sql.query(
        `select due_at::text, lease from payment_tasks where payment_id = $1 and kind = 'capture'`,
        [id],
      )
    await whileCalling({ merchantId, ids: [id] }, async () => {
      await endWindows(api)
      await untilCalled(api, id)
      // As a message does, but for tomorrow, so that the test sees it.
      await fixture.sql.query(
        `update payment_tasks set planned_again = true, due_at = now() + interval '1 day'
         where payment_id = $1 and kind = 'capture'`,
        [id],
      )
    })
    await untilStatus(api, id, 'succeeded')
    await until('the task is released', async () => (await planned())[0]?.lease === null)
    expect(await planned()).toHaveLength(1)
  })

  test('do not fail with one that cannot be recorded', async () => {
    const { id: merchantId, api } = await newMerchant()
    const broken = await authorize(api, 'tok_visa')
    const others: string[] = []
    for (let n = 0; n < 4; n++) others.push(await authorize(api, 'tok_visa'))
    await whileCalling({ merchantId, ids: [broken, ...others] }, async () => {
      await endWindows(api)
      for (const id of [broken, ...others]) await untilCalled(api, id)
      // An existing event conflicts with the event that the step writes.
      const [{ sequence }] = await fixture.sql.query(
        'select sequence from payments where id = $1',
        [broken],
      )
      await fixture.sql.query(
        `insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type)
         values ($1, false, $2, $3, 'payment.succeeded', now(), 'system')`,
        [merchantId, broken, sequence + 1],
      )
    })
    for (const id of others) {
      await untilDone(id)
      expect(await attempts(api, id)).toEqual(['authorize authorized', 'capture captured'])
    }
    expect((await api('GET', `/v1/payments/${broken}`)).body.status).toBe('processing')
    expect((await attempts(api, broken)).slice(0, 2)).toEqual([
      ...['authorize authorized', 'capture captured'],
    ])
    // Nothing can be added after the event by hand, so its task is dropped.
    await fixture.sql.query('delete from payment_tasks where payment_id = $1', [broken])
  })
})
