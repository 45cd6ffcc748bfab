import { expect, test } from 'vitest'
import { paymentBody } from '../../support/http/api.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(2)

/** Tokens, and the status and the first event after the creation that each leads to. */
const tokens = {
  tok_visa: ['initiated', 'payment.initiated'],
  tok_captureDeclined: ['initiated', 'payment.initiated'],
  tok_chargeDeclined: ['failed', 'payment.initiated'],
  tok_lostAuthorizeAnswer: ['initiated', 'payment.initiated'],
  tok_threeDSecureRequired: ['pending', 'payment.action_required'],
} as const
/** The payment or the key is busy, or the processor is silent. */
const toldToWait = [409, 502, 503]
const tokenNames = Object.keys(tokens) as (keyof typeof tokens)[]

test('concurrent initiates of two merchants are each done once, with the answer that is replayed', async () => {
  const other = await createMerchant(fixture)
  const senders = [fixture.api, other.test]
  const payments = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const api = senders[n % 2] as typeof fixture.api
      const window = [3_600, 90][n % 2]
      const manual = n % 7 === 0 ? { capture_method: 'manual' } : { cancel_window: window }
      const created = await api('POST', '/v1/payments', { body: paymentBody(manual) })
      expect(created.status, created.text).toBe(201)
      const token = tokenNames[n % tokenNames.length] ?? 'tok_visa'
      return { api, id: created.body.id as string, token, window, n }
    }),
  )
  const answers = await Promise.all(
    payments.flatMap((payment) =>
      Array.from({ length: 2 }, async () => {
        const { api, id, token, n } = payment
        const body = { payment_method_token: token }
        const send = () =>
          api('POST', `/v1/payments/${id}/initiate`, { body, idempotencyKey: `initiate ${n}` })
        const answer = await send()
        return { payment, answer, again: send }
      }),
    ),
  )
  const firsts = new Map<string, string>()
  for (const { payment, answer, again } of answers) {
    // A request beside another one with its key may be told to send it again.
    const {
      status,
      text = '',
      body,
    } = toldToWait.includes(answer.status)
      ? await until('the request is answered', async () => {
          const later = await again()
          return !toldToWait.includes(later.status) && later
        })
      : answer
    expect(status, text).toBe(200)
    expect(text).toBe(firsts.get(payment.id) ?? text)
    firsts.set(payment.id, text)
    expect((await again()).text).toBe(text)
    const { status: seen } = body
    expect(seen, payment.token).toBe(tokens[payment.token][0])
    if (seen === 'initiated' && body.capture_method === 'automatic') {
      const windowMs = Date.parse(body.cancelable_until) - Date.parse(body.updated_at)
      expect(windowMs).toBe((Number(payment.window) + 1) * 1_000)
    }
  }
  for (const { api, id, token } of payments) {
    const timeline = await api('GET', `/v1/payments/${id}/events`)
    const types = timeline.body.data.map(({ type }: { type: string }) => type).sort()
    expect(types).toContain('payment.created')
    expect(types.filter((type: string) => type === tokens[token][1])).toHaveLength(1)
  }
  expect(await fixture.sql.query(misbooked)).toEqual([])
})

/** Payments that the sandbox has authorized more than once, or whose tasks and calls do not fit their status. */
const misbooked = `
  select p.id, p.status, p.payment_method_token, m.authorized, a.submissions, a.open, t.kinds
  from payments p
    cross join lateral (select count(*)::integer as authorized from sandbox_movements s
      where s.merchant_id = p.merchant_id and s.payment_id = p.id and s.kind = 'authorize') m
    cross join lateral (select count(distinct submission)::integer as submissions,
        count(*) filter (where outcome is null)::integer as open from payment_attempts a
      where a.merchant_id = p.merchant_id and a.payment_id = p.id and a.kind = 'authorize') a
    cross join lateral (select coalesce(array_agg(kind), '{}') as kinds from payment_tasks t
      where t.merchant_id = p.merchant_id and t.payment_id = p.id) t
  where a.submissions <> 1 or a.open <> 0
    or m.authorized <> case when p.status in ('failed', 'pending')
      and p.payment_method_token <> 'tok_captureDeclined' then 0 else 1 end
    or ('authorize' = any(t.kinds)) <> (p.status = 'pending')`

test('an initiate beside others that PostgreSQL refuses is done, and only the refused one fails', async () => {
  await fixture.sql.query(
    `alter table payments add constraint of_a_test
     check (description <> 'refused' or status = 'pending') not valid`,
  )
  const descriptions = ['first', 'refused', 'second', 'third']
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, n) => {
      const description = descriptions[n % descriptions.length]
      const created = await fixture.api('POST', '/v1/payments', {
        body: paymentBody({ description, cancel_window: 3_600 }),
      })
      const { status } = await fixture.api('POST', `/v1/payments/${created.body.id}/initiate`, {
        body: { payment_method_token: 'tok_visa' },
      })
      return `${description} ${status}`
    }),
  )
  await fixture.sql.query('alter table payments drop constraint of_a_test')
  const expected = descriptions.map((text) => `${text} ${text === 'refused' ? 500 : 200}`)
  expect([...new Set(answers)].sort()).toEqual([...new Set(expected)].sort())
})

test('a payment of a merchant that has set a processor is not sent to the sandbox', async () => {
  const merchant = await createMerchant(fixture)
  const created = await merchant.test('POST', '/v1/payments', { body: paymentBody() })
  // As another process does, with credentials that no key opens.
  await fixture.sql.query(
    `insert into processor_credentials
     values ($1, false, 'stripe', 'key', '', 'sk_test_…', null, false, now())`,
    [merchant.id],
  )
  const { status } = await merchant.test('POST', `/v1/payments/${created.body.id}/initiate`, {
    body: { payment_method_token: 'tok_visa' },
  })
  expect(status).toBeGreaterThanOrEqual(500)
  const rows = await fixture.sql.query(
    `select p.processor, s.status from payments p left join sandbox_payments s
       on s.merchant_id = p.merchant_id and s.payment_id = p.id
     where p.merchant_id = $1`,
    [merchant.id],
  )
  expect(rows).toEqual([{ processor: null, status: null }])
})
