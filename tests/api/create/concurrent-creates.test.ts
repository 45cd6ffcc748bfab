import { expect, test } from 'vitest'
import { paymentBody } from '../../support/http/api.ts'
import { createLiveMerchant, createMerchant, withServers } from '../../support/servers/servers.ts'

const fixture = withServers(2)

test('concurrent creates of two merchants are each made once, with the answer that is replayed', async () => {
  const other = await createMerchant(fixture)
  const senders = [fixture.api, other.test]
  const creates = Array.from({ length: 120 }, (_, n) => ({
    api: senders[n % 2],
    key: `create ${Math.floor(n / 4)}`,
    amount: 1_000 + Math.floor(n / 4),
  }))
  const answers = await Promise.all(
    creates.map(async ({ api, key, amount }) => {
      const body = paymentBody({ amount, metadata: { text: `{"${amount}", \\}` } })
      const answer = await api?.('POST', '/v1/payments', { body, idempotencyKey: key })
      return { ...answer, key }
    }),
  )
  const texts = new Map<string, Set<string>>()
  for (const { status, text = '', body, key } of answers) {
    expect(status, text).toBe(201)
    const name = `${body.merchant_id} ${key}`
    texts.set(name, (texts.get(name) ?? new Set()).add(text))
  }
  expect([...texts.values()].map(({ size }) => size)).toEqual(Array(60).fill(1))
  for (const { body, text } of answers) {
    const api = body.merchant_id === other.id ? other.test : fixture.api
    const read = await api('GET', `/v1/payments/${body.id}`)
    expect(read.text).toBe(text)
    expect(body.metadata.text).toBe(`{"${body.amount}", \\}`)
  }
  const made = await fixture.sql.query(
    `select p.id, count(e)::integer as events, count(t)::integer as tasks, p.url like '%' || p.id as has_url
     from payments p left join events e on e.merchant_id = p.merchant_id and e.subject_id = p.id
       left join payment_tasks t on t.merchant_id = p.merchant_id and t.payment_id = p.id
     group by p.merchant_id, p.id, p.url`,
  )
  expect(made).toHaveLength(60)
  for (const { events, tasks, has_url } of made) {
    expect({ events, tasks, has_url }).toEqual({ events: 1, tasks: 1, has_url: true })
  }
})

test('a create beside others that PostgreSQL refuses is made, and only the refused one fails', async () => {
  await fixture.sql.query(
    `alter table payments add constraint of_a_test check (description <> 'refused') not valid`,
  )
  const descriptions = ['first', 'refused', 'second', 'refused', 'third', 'fourth']
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const description = descriptions[n % 6]
      const body = paymentBody({ description })
      const { status } = await fixture.api('POST', '/v1/payments', { body })
      return `${description} ${status}`
    }),
  )
  await fixture.sql.query('alter table payments drop constraint of_a_test')
  const expected = descriptions.map((text) => `${text} ${text === 'refused' ? 500 : 201}`)
  expect([...new Set(answers)].sort()).toEqual([...new Set(expected)].sort())
})

test('a processor that is set or removed decides about the next create, in every process', async () => {
  const { id, live } = await createLiveMerchant(fixture)
  const create = async () => {
    const body = paymentBody({ amount: 49, currency: 'USD' })
    const answer = await live('POST', '/v1/payments', { body })
    return answer.body.error?.code ?? answer.body.status
  }
  for (let n = 0; n < 2; n++) {
    expect(await create()).toBe('pending')
    // As another process does. Stripe takes at least 50 cents.
    await fixture.sql.query(
      `insert into processor_credentials
       values ($1, true, 'stripe', 'key', '', 'sk_live_…', null, false, now())`,
      [id],
    )
    expect(await create()).toBe('invalid_amount')
    await fixture.sql.query('delete from processor_credentials where merchant_id = $1', [id])
  }
})
