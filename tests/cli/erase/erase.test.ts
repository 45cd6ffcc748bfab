import { afterAll, beforeAll, expect, test } from 'vitest'
import { pageClient } from '../../api/checkout/page.ts'
import type { Sql } from '../../support/databases/sql.ts'
import { type Api, type ApiAnswer, createPayment, paymentBody } from '../../support/http/api.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { hedge } from '../hedge.ts'
import { runVerify } from '../verify/run-verify.ts'
import { sealHistory } from '../verify/seal-history.ts'

// A customer asks that its data is erased (GDPR, Art. 17).

const fixture = withServers(1)
let receiver: Receiver

beforeAll(async () => {
  receiver = await startReceiver()
  const body = { url: receiver.url, events: ['*'] }
  const { status, text } = await fixture.api('POST', '/v1/webhooks/endpoints', { body })
  expect(status, text).toBe(201)
})

afterAll(() => receiver?.close())

/** Runs `hedge erase` for the first merchant in test mode. */
async function erase(customer: readonly string[], ...options: string[]) {
  const given = customer.flatMap((text) => ['--customer', text])
  const { database, owner } = fixture
  const where = ['--merchant', owner.merchant_id, '--database', database.url]
  const args = ['erase', ...given, ...where, '--json', ...options]
  const { code, stdout, stderr } = await hedge([...args, '--yes'])
  return {
    code,
    report: stdout && JSON.parse(stdout),
    error: stderr && JSON.parse(stderr).error,
  }
}

/** Everything that a merchant can say about a customer. Each text contains the mark. */
const about = (mark: string) => ({
  customer_email: `${mark}@Example.com`,
  customer_id: `cus_${mark}`,
  description: `a gift for ${mark}`,
  statement_descriptor: `SHOP ${mark}`.slice(0, 22),
  metadata: { name: mark, [`key of ${mark}`]: 'x' },
  success_url: `https://shop.example.com/thanks?name=${mark}`,
  cancel_url: `https://shop.example.com/back?name=${mark}`,
})

/** A request with an idempotency key, to be repeated later. */
interface Sent {
  readonly path: string
  readonly options: { readonly body: unknown; readonly idempotencyKey: string }
  readonly answer: ApiAnswer
}

/** What a customer leaves behind: payments of all ends, sessions, test events, bulk cancellations. */
async function leaveTraces(api: Api, mark: string): Promise<{ ids: string[]; sent: Sent[] }> {
  const sent: Sent[] = []
  const send = async (path: string, body: unknown) => {
    const options = { body, idempotencyKey: `request ${mark.length} ${sent.length} ${path}` }
    const answer = await api('POST', path, options)
    expect(answer.status, answer.text).toBeLessThan(300)
    sent.push({ path, options, answer })
    return answer.body
  }
  const paid = await send('/v1/payments', paymentBody({ ...about(mark) }))
  await send(`/v1/payments/${paid.id}/initiate`, { payment_method_token: 'tok_visa' })
  await untilStatus(api, paid.id, 'succeeded')
  const refund = { amount: 100, reason: `${mark} sent it back`, metadata: { by: mark } }
  await send(`/v1/payments/${paid.id}/refund`, refund)
  const canceled = await send('/v1/payments', paymentBody(about(mark)))
  await send(`/v1/payments/${canceled.id}/cancel`, { reason: `${mark} called` })
  const declined = await send('/v1/payments', paymentBody(about(mark)))
  await send(`/v1/payments/${declined.id}/initiate`, {
    payment_method_token: 'tok_chargeDeclined',
  })
  const session = await send('/v1/checkout/sessions', { ...order, ...about(mark) })
  await send(`/v1/checkout/sessions/${session.id}/expire`, {})
  const { customer_email: _, ...withoutAddress } = about(mark)
  const other = await send('/v1/checkout/sessions', { ...order, ...withoutAddress })
  await send(`/v1/checkout/sessions/${other.id}/expire`, {})
  await send('/v1/webhooks/test', { type: 'payment.succeeded', payment_id: paid.id })
  const filter = { customer_email: `${mark}@example.com`, metadata: { name: mark } }
  await send('/v1/cancellations', { filter, reason: `all of ${mark}`, dry_run: true })
  await send('/v1/cancellations', { filter: { customer_id: `cus_${mark}` }, reason: mark })
  return { ids: [paid.id, canceled.id, declined.id], sent }
}

const order = { amount: 500, currency: 'USD' }

/** What is to be done for payments, bulk cancellations, deliveries and events. A cluster wants a statement for each. */
const unfinished = [
  `select from payment_tasks where kind in ('void', 'refund', 'capture') limit 1`,
  `select from payment_attempts where outcome is null limit 1`,
  `select from cancellations where status <> 'completed' limit 1`,
  `select from webhook_deliveries where status = 'pending' limit 1`,
]

/** Waits until nothing is to be done any more. */
async function untilIdle({ sql }: { sql: Sql }): Promise<void> {
  await until('everything is done', async () => {
    const [newest] = await sql.query('select max(position) as position from events')
    const [relay] = await sql.query('select position from event_relay')
    if (BigInt(relay.position) < BigInt(newest.position)) return false
    for (const statement of unfinished) {
      if ((await sql.query(statement)).length > 0) return false
    }
    return true
  })
}

/** The rows of all tables that contain a text, by table. */
async function rowsWith(sql: Sql, mark: string): Promise<Record<string, number>> {
  const tables = await sql.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`,
  )
  const found: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await sql.query(
      `select count(*)::integer as count from ${name} t where strpos(lower(t::text), $1) > 0`,
      [mark.toLowerCase()],
    )
    if (row.count > 0) found[name] = row.count
  }
  return found
}

/** The amounts, statuses, times and numbers that erasing must not change. */
async function booksOf(sql: Sql): Promise<unknown> {
  const [row] = await sql.query(
    `select (select json_agg(json_build_array(id, sequence, status, amount, captured_amount, refunded_amount,
         fee, failure_code, canceled_at, created_at, updated_at) order by id) from payments) as payments,
       (select json_agg(json_build_array(position, subject_id, sequence, type, created_at, actor_type,
         from_status, to_status) order by position) from events) as events,
       (select json_agg(t order by payment_id, event_sequence, kind) from ledger_transfers t) as transfers,
       (select json_agg(json_build_array(id, amount, status, created_at) order by id) from refunds) as refunds`,
  )
  return row
}

test('nothing in any table names the customer afterwards, and the books stay as they were', async () => {
  const { api, sql } = fixture
  const [mark, neighbor] = ['adaquartz', 'bertquartz']
  const traces = await leaveTraces(api, mark)
  const others = await leaveTraces(api, neighbor)
  await untilIdle(fixture)
  const [key] = await sql.query('select merchant_id, livemode from payments limit 1')
  await sql.query(`insert into mandate_acceptances values ($1, $2, $3, '192.0.2.1', $4)`, [
    ...[key.merchant_id, key.livemode, traces.ids[0]],
    `browser of ${mark}`,
  ])
  // Only the answers of public receivers are stored.
  const answered = await sql.query(
    'select merchant_id, id from webhook_deliveries where subject_id = any($1)',
    [traces.ids],
  )
  await sql.query(
    `update webhook_attempts set response_body = $1 where merchant_id = $2 and delivery_id = any($3)`,
    [`Thank you, ${mark}`, key.merchant_id, answered.map((delivery) => delivery.id)],
  )
  await sealHistory(fixture)
  const books = await booksOf(sql)
  const before = await rowsWith(sql, mark)
  const ofNeighbor = await rowsWith(sql, neighbor)
  expect(Object.keys(before)).toEqual([
    'cancellations',
    'checkout_sessions',
    'events',
    'idempotency_records',
    'mandate_acceptances',
    'payments',
    'refunds',
    'webhook_attempts',
  ])

  const counted = await erase([`${mark}@example.com`, `cus_${mark}`], '--dry-run')
  expect(counted).toMatchObject({ code: 0, report: { object: 'erasure', dry_run: true } })
  expect(await rowsWith(sql, mark)).toEqual(before)

  const erased = await erase([`${mark}@example.com`, `cus_${mark}`])
  expect(erased).toMatchObject({ code: 0, error: '', report: { dry_run: false, left: [] } })
  expect(erased.report.rows).toEqual(counted.report.rows)
  expect(erased.report).toMatchObject({ at_processors: { sandbox: 2 }, other_identifiers: [] })
  expect(await rowsWith(sql, mark)).toEqual({})
  expect(await rowsWith(sql, neighbor)).toEqual(ofNeighbor)
  expect(await booksOf(sql)).toEqual(books)
  expect(await runVerify({ databaseUrl: fixture.database.url })).toMatchObject({ failed: {} })

  // The API shows it, by the contract. Lists do not find it, and events are rendered.
  for (const id of traces.ids) {
    const { body } = await api('GET', `/v1/payments/${id}`)
    expect(body).toMatchObject({
      ...{ customer_email: 'erased@erased.invalid', customer_id: null, metadata: {} },
      ...{ description: null, success_url: null, payment_method_details: null },
    })
    expect((await api('GET', `/v1/payments/${id}/events`)).text).not.toContain(mark)
  }
  const found = await api('GET', `/v1/payments?customer_email=${mark}@example.com`)
  expect(found.body.data).toEqual([])
  expect((await api('GET', '/v1/events?limit=100')).text).not.toContain(mark)
  expect((await api('GET', '/v1/checkout/sessions?limit=100')).text).not.toContain(mark)

  // Repeated requests get the first answer, without the data.
  for (const { path, options, answer } of traces.sent) {
    const again = await api('POST', path, options)
    expect(again.status, again.text).toBe(answer.status)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.text).not.toContain(mark)
  }
  for (const { path, options, answer } of others.sent) {
    expect((await api('POST', path, options)).text).toBe(answer.text)
  }
  expect(await rowsWith(sql, mark)).toEqual({})

  // The audit log says who, when and how many, and not whose.
  const { body: log } = await api('GET', '/v1/audit_log?action=customer.erased')
  const total = (table: string) =>
    log.data.reduce((sum: number, { details }: Entry) => sum + (details.rows[table] ?? 0), 0)
  expect(total('payments')).toBe(erased.report.rows.payments)
  expect(log.data[0]).toMatchObject({
    actor: { type: 'operator', id: null },
    target: { type: 'merchant', id: fixture.owner.merchant_id },
  })

  const nothing = await erase([`${mark}@example.com`, `cus_${mark}`])
  expect(nothing).toMatchObject({ code: 0, error: '' })
  expect(Object.values(nothing.report.rows).every((count) => count === 0)).toBe(true)
})

interface Entry {
  readonly details: { readonly rows: Record<string, number> }
}

test('an open payment, session or bulk cancellation is refused by name, and nothing is changed', async () => {
  const { api, sql } = fixture
  const mark = 'opalquartz'
  const ended = await createPaid(api, { ...about(mark) })
  const open = await createPayment(api, { customer_email: `${mark}@example.com` })
  const { body: session } = await api('POST', '/v1/checkout/sessions', {
    body: { ...order, customer_id: `cus_${mark}` },
  })
  const before = await rowsWith(sql, mark)
  const { code, error } = await erase([`${mark}@example.com`, `cus_${mark}`])
  expect([code, error.code]).toEqual([3, 'customer_has_open_payments'])
  expect(error.message).toContain(`${open.id} (pending)`)
  expect(error.message).toContain(`${session.id} (open)`)
  expect(error.message).not.toContain(ended.id)
  expect(await rowsWith(sql, mark)).toEqual(before)
})

test('only the customer of this merchant and mode is erased, by any case of the address', async () => {
  const { api, sql, database } = fixture
  const other = await createMerchant(fixture)
  const mark = 'casequartz'
  const { id } = await createPaid(api, { customer_email: `${mark}@example.com` })
  const { id: kept } = await createPaid(other.test, { customer_email: `${mark}@example.com` })
  // An id of a customer that is a part of other texts.
  const { id: short } = await createPaid(api, {
    ...{ customer_id: mark.slice(0, 4), customer_email: 'short@example.com' },
  })
  await untilIdle(fixture)
  expect((await erase([mark.slice(0, 4)])).report.rows.payments).toBe(1)
  expect((await api('GET', `/v1/payments/${short}`)).body.customer_id).toBeNull()
  expect((await api('GET', `/v1/payments/${id}`)).body.customer_email).toContain(mark)
  expect((await erase([`${mark.toUpperCase()}@EXAMPLE.com`])).report.rows.payments).toBe(1)
  expect((await api('GET', `/v1/payments/${id}`)).body.customer_email).not.toContain(mark)
  expect((await other.test('GET', `/v1/payments/${kept}`)).body.customer_email).toContain(mark)
  const rest = await rowsWith(sql, mark)
  expect(rest).toEqual({ payments: 1 })

  const unknown = ['erase', '--customer', 'a', '--merchant', 'merch_none', '--yes']
  expect((await hedge([...unknown, '--database', database.url])).code).toBe(4)
})

test('what names the same payments otherwise is reported, so that it can be erased too', async () => {
  const mark = 'twinquartz'
  const { id } = await createPaid(fixture.api, about(mark))
  await untilIdle(fixture)
  const { report } = await erase([id], '--dry-run')
  expect(report.rows.payments).toBe(1)
  expect(report.other_identifiers.toSorted()).toEqual([`cus_${mark}`, `${mark}@example.com`])
})

test('a declined payment cannot be paid again by its link once it is erased', async () => {
  const { api, sql, servers } = fixture
  const { id, url } = await createPayment(api, { customer_email: 'linkquartz@example.com' })
  const page = pageClient(servers[0]?.url ?? '', url)
  await page.payWithCard('4000000000000002')
  await untilIdle(fixture)
  expect((await page.read()).stage).toBe('open')
  expect((await erase(['linkquartz@example.com'])).code).toBe(0)
  expect((await page.read()).stage).toBe('declined')
  await page.payWithCard('4242424242424242')
  expect(await sql.query('select from payments where retry_of = $1', [id])).toEqual([])
})
