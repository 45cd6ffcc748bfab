import { auditActions } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import { hedge } from '../../cli/hedge.ts'
import { changeTriggers } from '../../support/databases/nodes.ts'
import { insertPayments, lockPayments } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { doings, logOf, type Named, path, stripeKey, stripeSecret } from './audited-actions.ts'

const fixture = withServers(1, {
  HEDGE_ENCRYPTION_KEY: 'a key of the test suite, 32 characters or more',
  HEDGE_TRUSTED_PROXIES: '127.0.0.1',
})
const address = '203.0.113.7'
const from = { 'x-forwarded-for': address }
describe('the audit log', () => {
  test('has a record for each action of an administrator: actor, action, time and address', async () => {
    const { id: merchantId, testKey } = await createMerchant(fixture)
    const url = fixture.servers[0]?.url ?? ''
    const plain = apiClient(url, testKey)
    const api: Api = (method, target, options) =>
      plain(method, target, { ...options, headers: { ...from, ...options?.headers } })
    const [own] = (await api('GET', '/v1/auth/api-keys')).body.data
    const seen: string[] = []
    let id = ''
    for (const [action, method, target, body] of doings) {
      const asked = target.replace('{merchant}', merchantId).replace('{id}', id)
      const before = await logOf(api)
      const { status, headers, body: answer } = await api(method, asked, body ? { body } : {})
      expect(status, `${method} ${asked}`).toBeLessThan(300)
      const [entry, ...more] = (await logOf(api)).slice(before.length)
      expect(more, action).toEqual([])
      id = answer.id ?? id
      expect(entry, action).toMatchObject({
        action,
        actor: { type: 'api_key', id: own.id },
        request_id: headers.get('x-request-id'),
        address,
        livemode: false,
      })
      seen.push(entry.target.id)
      if (answer.id && !target.includes('{merchant}')) expect(entry.target.id).toBe(answer.id)
      // The real time, although the test clock is ahead.
      expect(Math.abs(Date.parse(entry.created_at) - Date.now())).toBeLessThan(3_600_000)
    }
    const text = JSON.stringify(await logOf(api))
    for (const secret of [stripeKey, stripeSecret, 'planted', testKey, 'sk_test_', 'whsec_']) {
      expect(text.replaceAll('sk_test_…0001', ''), secret).not.toContain(secret)
    }
    const changed = (await logOf(api)).find(({ action }: Named) => action === 'merchant.updated')
    expect(changed.details.name).toEqual({ from: 'Another merchant', to: 'New name' })
    expect(seen).toHaveLength(doings.length)
  })

  test('has a record of a payment that an operator resolves, with the reason', async () => {
    const { test: api } = await createMerchant(fixture)
    const { id } = await createPayment(api)
    await fixture.sql.query(
      `update payment_tasks set attention = 'step_overdue', attention_since = now()
       where payment_id = $1`,
      [id],
    )
    const body = { resolution: 'retry', reason: 'the disk has space again' }
    expect((await api('POST', `/v1/payments/${id}/resolve`, { body })).status).toBe(200)
    const [entry] = (await api('GET', `/v1/audit_log?action=payment.resolved`)).body.data
    expect(entry).toMatchObject({
      actor: { type: 'api_key' },
      target: { type: 'payment', id },
      details: { ...body, attention: [{ reason: 'step_overdue' }] },
    })
  })

  test('has no record of an action that was refused, replayed, or already done', async () => {
    const { test: api } = await createMerchant(fixture)
    const make = (body: object, idempotencyKey?: string) =>
      api('POST', '/v1/auth/api-keys', { body, ...(idempotencyKey ? { idempotencyKey } : {}) })
    const { body: key } = await make({}, 'once')
    expect((await make({}, 'once')).headers.get('idempotent-replayed')).toBe('true')
    expect((await make({ expires_at: '2001-01-01T00:00:00Z' })).status).toBe(400)
    for (let times = 0; times < 2; times++) await api('DELETE', `/v1/auth/api-keys/${key.id}`)
    expect((await api('DELETE', '/v1/auth/api-keys/key_nobody')).status).toBe(404)
    expect((await api('PATCH', '/v1/merchants/merch_x', { body: { name: 'x' } })).status).toBe(404)
    const actions = (await logOf(api)).map(({ action }: Named) => action)
    // The first record: the key that created the merchant created its first key.
    expect(actions).toEqual(['api_key.created', 'api_key.created', 'api_key.revoked'])
  })

  test('commits each record together with its change, or neither', async () => {
    const { test: api, id } = await createMerchant(fixture)
    await changeTriggers(
      fixture.sql,
      `create function refuse_entry() returns trigger language plpgsql as $$
      begin raise exception 'no entry'; end $$`,
      `create trigger refuse_entry before insert on audit_log for each row
      when (new.merchant_id = '${id}') execute function refuse_entry()`,
    )
    const tries: [method: string, path: string, body?: object][] = [
      ['POST', '/v1/auth/api-keys', {}],
      ['PATCH', `/v1/merchants/${id}`, { name: 'Changed' }],
      ['POST', '/v1/webhooks/endpoints', { url: 'http://127.0.0.1:1/hook' }],
      ['POST', '/v1/test/clock/advance', { seconds: 60 }],
    ]
    for (const [method, target, body] of tries) {
      expect((await api(method, target, { body })).status, target).toBe(500)
    }
    expect((await api('GET', '/v1/auth/api-keys')).body.data).toHaveLength(1)
    expect((await api('GET', `/v1/merchants/${id}`)).body.name).toBe('Another merchant')
    expect((await api('GET', '/v1/webhooks/endpoints')).body.data).toEqual([])
    expect((await api('GET', '/v1/test/clock')).body.offset_seconds).toBe(0)
  })

  test('records pauses and resumes of a bulk cancellation, and a delivery that is sent again', async () => {
    const { test: api, id } = await createMerchant(fixture)
    await api('POST', '/v1/webhooks/endpoints', {
      body: { url: 'http://127.0.0.1:1/hook' },
    })
    await api('POST', '/v1/webhooks/test')
    const delivery = await until('there is a delivery', async () => {
      const { body } = await api('GET', '/v1/webhooks/deliveries')
      return body.data[0]
    })
    await api('POST', `/v1/webhooks/deliveries/${delivery.id}/retry`)
    const owner = { merchant_id: id, livemode: false }
    await insertPayments(fixture.sql, { owner, count: 10, customerId: 'bulk' })
    // It cannot complete before it is paused.
    const letGo = await lockPayments(fixture.sql)
    const { body: bulk } = await api('POST', '/v1/cancellations', {
      body: { filter: { customer_id: 'bulk' } },
    })
    for (const step of ['pause', 'pause', 'resume']) {
      await api('POST', `/v1/cancellations/${bulk.id}/${step}`)
    }
    await letGo()
    const { body: dry } = await api('POST', '/v1/cancellations', {
      body: { filter: { customer_id: 'bulk' }, dry_run: true },
    })
    await api('POST', `/v1/cancellations/${dry.id}/pause`)
    const log = await logOf(api)
    expect(log.slice(-4)).toMatchObject([
      {
        action: 'webhook_delivery.retried',
        target: { type: 'webhook_delivery', id: delivery.id },
      },
      { action: 'cancellation.created', details: { filter: ['customer_id', 'status'] } },
      { action: 'cancellation.paused', target: { type: 'cancellation', id: bulk.id } },
      { action: 'cancellation.resumed', target: { type: 'cancellation', id: bulk.id } },
    ])
  })

  test('records that the failed deliveries of an endpoint were sent again, and how many', async () => {
    const { test: api } = await createMerchant(fixture)
    const { body: endpoint } = await api('POST', '/v1/webhooks/endpoints', {
      body: { url: 'http://127.0.0.1:1/hook' },
    })
    const own = `/v1/webhooks/endpoints/${endpoint.id}`
    await api('POST', '/v1/webhooks/test')
    const delivery = async () => (await api('GET', '/v1/webhooks/deliveries')).body.data[0]
    await until('a delivery was tried', async () => (await delivery())?.attempt > 0)
    // Disabling the endpoint fails the pending deliveries, and a little later one that is being sent.
    await api('PATCH', own, { body: { enabled: false } })
    await until('the delivery has failed', async () => (await delivery()).status === 'failed')
    await api('PATCH', own, { body: { enabled: true } })
    for (const count of [1, 0]) {
      expect((await api('POST', `${own}/retry`)).body.count).toBe(count)
    }
    const retried = (await logOf(api)).filter(({ action }: Named) => action.endsWith('.retried'))
    expect(retried).toMatchObject([
      {
        action: 'webhook_endpoint.retried',
        target: { type: 'webhook_endpoint', id: endpoint.id },
        details: { count: 1 },
      },
    ])
    expect(retried).toHaveLength(1)
  })
})

describe('the dashboard', () => {
  const visit = async (method: string, headers: Record<string, string>, body?: object) =>
    await fetch(`${fixture.servers[0]?.url}/dashboard/api/session`, {
      method,
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })

  test('is in the log when a user signs in, acts and signs out, and when a sign-in fails', async () => {
    const { test: api, testKey } = await createMerchant(fixture)
    const [key] = (await api('GET', '/v1/auth/api-keys')).body.data
    const signedIn = await visit('POST', from, { secret_key: testKey })
    const cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
    const acted = await api('GET', '/v1/auth/api-keys')
    expect(acted.status).toBe(200)
    await fetch(`${fixture.servers[0]?.url}/v1/test/clock/advance`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie },
      body: JSON.stringify({ seconds: 1 }),
    })
    for (let times = 0; times < 2; times++) await visit('DELETE', { ...from, cookie })
    const { body: ended } = await api('POST', '/v1/auth/api-keys', { body: {} })
    await api('DELETE', `/v1/auth/api-keys/${ended.id}`)
    const refused = await until('the key has ended', async () => {
      const answer = await visit('POST', from, { secret_key: ended.secret_key })
      return answer.status === 401 && answer
    })
    const log = (await logOf(api)).filter(({ action }: Named) => !action.startsWith('api_key.'))
    const by = { type: 'dashboard', id: key.id }
    expect(log.slice(0, 3)).toMatchObject([
      { action: 'dashboard.signed_in', actor: by, address },
      { action: 'test_clock.advanced', actor: by },
      { action: 'dashboard.signed_out', actor: by, address },
    ])
    expect(log.at(-1)).toMatchObject({
      action: 'dashboard.sign_in_failed',
      actor: { type: 'dashboard', id: ended.id },
      request_id: refused.headers.get('x-request-id'),
      address,
    })
    expect(JSON.stringify(log)).not.toContain(cookie.split('=')[1])
  })

  test('cannot fill the log: of many wrong keys a few are recorded, then the answer is 429', async () => {
    const flood = { 'x-forwarded-for': '203.0.113.66' }
    const wrong = { secret_key: 'sk_test_planted_and_of_nobody' }
    const answers: { status: number; minute: string | null }[] = []
    // A new minute may begin, and then counting restarts.
    while (answers.filter(({ minute }) => minute === answers.at(-1)?.minute).length < 65) {
      const { status, headers } = await visit('POST', flood, wrong)
      answers.push({ status, minute: headers.get('x-ratelimit-reset') })
    }
    const last = answers.filter(({ minute }) => minute === answers.at(-1)?.minute)
    expect(last.slice(0, 60).every(({ status }) => status === 401)).toBe(true)
    expect(last.slice(60).every(({ status }) => status === 429)).toBe(true)
    const { testKey } = await createMerchant(fixture)
    expect((await visit('POST', flood, { secret_key: testKey })).status, 'a right one').toBe(201)
    expect((await visit('POST', from, { secret_key: testKey })).status, 'elsewhere').toBe(201)
    const rows = await fixture.sql.query(
      `select * from audit_log where merchant_id = '' and address = '203.0.113.66'`,
    )
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThanOrEqual(10)
    expect(JSON.stringify(rows)).not.toContain('planted')
  })
})

describe('the table of the audit log', () => {
  test('refuses updates, deletes and truncates', async () => {
    const { sql } = fixture
    for (const statement of [
      `update audit_log set actor_id = 'key_somebody_else'`,
      'delete from audit_log',
      'truncate audit_log',
    ]) {
      await expect(sql.query(statement), statement).rejects.toThrow('append-only')
    }
  })

  test('allows deletes after 400 days, and the worker then deletes the records', async () => {
    const { sql } = fixture
    const insert = (id: string, age: string) =>
      sql.query(
        `insert into audit_log (merchant_id, livemode, id, action, actor_type, target_type,
          target_id, details, created_at)
        values ('merch_old', false, $1, 'api_key.created', 'system', 'api_key', 'key_1', '{}',
          now() - $2::interval)`,
        [id, age],
      )
    await insert('aud_old', '401 days')
    await insert('aud_young', '399 days')
    await sql.query(`update retention_tasks set due_at = now() where kind = 'audit_log'`)
    const left = await until('the old record is deleted', async () => {
      const rows = await sql.query(`select id from audit_log where merchant_id = 'merch_old'`)
      return rows.length === 1 && rows
    })
    expect(left).toEqual([{ id: 'aud_young' }])
  })

  test('names the server as the actor that creates the first key', async () => {
    const [row] = await fixture.sql.query(
      `select * from audit_log where actor_type = 'system' and merchant_id = $1`,
      [fixture.owner.merchant_id],
    )
    expect(row).toMatchObject({ action: 'api_key.created', actor_id: null, address: null })
  })
})

test('records that the operator has erased a customer, without its data', async () => {
  const { test: api, id } = await createMerchant(fixture)
  const payment = await createPayment(api, { customer_email: 'erase-me@example.com' })
  await api('POST', `/v1/payments/${payment.id}/cancel`)
  const which = ['--customer', 'erase-me@example.com', '--merchant', id]
  const { code } = await hedge(['erase', ...which, '--database', fixture.database.url, '--yes'])
  expect(code).toBe(0)
  const log = await api('GET', `${path}?action=customer.erased`)
  expect(log.body.data[0]).toMatchObject({ action: 'customer.erased', actor: { type: 'operator' } })
  expect(log.text).not.toContain('erase-me')
})

test('the tests above have covered every action of the contract', async () => {
  const rows = await fixture.sql.query('select distinct action from audit_log')
  const seen = new Set(rows.map(({ action }) => action))
  // Moves need two cells: tests/cells/failures.test.ts.
  const moves = ['merchant.move_started', 'merchant.moved', 'merchant.move_undone']
  expect(auditActions.filter((action) => !seen.has(action))).toEqual(moves)
})
