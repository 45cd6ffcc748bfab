import { expect, test } from 'vitest'
import { countWaiting } from '../../../support/databases/sql.ts'
import { createPayment } from '../../../support/http/api.ts'
import { createPaid } from '../../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../../support/servers/servers.ts'
import { until } from '../../../support/until.ts'

const fixture = withServers(1)
/** Reads of one kind of one merchant that run at once. Source: `sameKindMax` of the server. */
const readsAtOnce = 3

test('slow lists of one merchant delay neither creates and cancels nor the lists of others', async () => {
  const slow = await createMerchant(fixture)
  const other = await createMerchant(fixture)
  const paid = await createPaid(slow.test)
  await slow.test('POST', `/v1/payments/${paid.id}/refund`, { body: {} })
  const { id } = await createPayment(slow.test)
  const theirs = await createPayment(other.test)
  const holder = await fixture.sql.connect()
  try {
    // Only the lists of a merchant with refunds read this table.
    await holder.query('begin')
    await holder.query('lock table refunds in access exclusive mode')
    const lists = Array.from({ length: 24 }, () => slow.test('GET', '/v1/payments'))
    await until('lists wait', async () => (await countWaiting(fixture.sql)) >= readsAtOnce)
    const [created, canceled] = await Promise.all([
      slow.test('POST', '/v1/payments', {
        body: { amount: 100, currency: 'USD', customer_email: 'a@example.com' },
      }),
      slow.test('POST', `/v1/payments/${id}/cancel`),
    ])
    expect([created.status, canceled.status]).toEqual([201, 200])
    // A slow machine may refuse a read at first. The slow lists would be refused until the lock ends.
    const listed = await until('another merchant lists its payments', async () => {
      const answer = await other.test('GET', '/v1/payments')
      return answer.status === 200 && answer
    })
    expect(listed.body.data[0].id).toBe(theirs.id)
    await until('the same merchant reads something else', async () => {
      const { status } = await slow.test('GET', '/v1/webhooks/deliveries')
      return status === 200
    })
    const answers = await Promise.all(lists)
    for (const { status, headers } of answers) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    }
    const messages = answers.map(({ body }) => body.error.message)
    expect(messages.join()).toMatch(/arrow .* filter/)
  } finally {
    holder.release(true)
  }
  await until('lists work again', async () => {
    const { status } = await slow.test('GET', '/v1/payments')
    return status === 200
  })
})
