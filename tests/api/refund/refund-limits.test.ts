import type { RefundId } from '@hedgepayments/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../packages/server/src/domain/ids.ts'
import type { Api } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let other: Api

beforeAll(() => {
  const [first, second] = fixture.apis
  api = first as Api
  other = second as Api
})

const refund = (id: string, body?: object, by: Api = api) =>
  by('POST', `/v1/payments/${id}/refund`, body ? { body } : {})

/** Waits until the processor has answered all refunds, and returns the payment. */
async function untilAnswered(id: string) {
  return await until('every refund is answered', async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    return body.refunds.every((one: { status: string }) => one.status !== 'pending') && body
  })
}

describe('refunds of a payment', () => {
  test('on two servers at the same time never exceed the amount', async () => {
    const { id } = await createPaid(api, { amount: 1000 })
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, n) => refund(id, { amount: 90 }, n % 2 ? api : other)),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(11)
    for (const { body } of answers.filter(({ status }) => status !== 200)) {
      expect(body.error.code).toBe('refund_amount_exceeded')
      expect(body.error.details.refundable_amount).toBe(10)
    }
    const seen = won.map(({ body }) => body.refunded_amount).sort((a, b) => a - b)
    expect(seen).toEqual(Array.from({ length: 11 }, (_, n) => 90 * (n + 1)))
    const after = await untilAnswered(id)
    expect(after.refunded_amount).toBe(990)
    const paid = await fixture.sql.query<{ amount: number }>(
      `select amount from sandbox_movements where payment_id = $1 and kind = 'refund'`,
      [id],
    )
    expect(paid.map(({ amount }) => amount)).toEqual(Array(11).fill(90))
  })

  test('count in the refunded amount of every answer until they have failed', async () => {
    const { id } = await createPaid(api, { token: 'tok_refundDeclined' })
    for (let round = 0; round < size({ quick: 2, all: 15 }); round++) {
      await refund(id)
      await until('the refund has failed', async () => {
        const { body } = await other('GET', `/v1/payments/${id}`)
        const counted = body.refunds
          .filter((one: { status: string }) => one.status !== 'failed')
          .reduce((sum: number, one: { amount: number }) => sum + one.amount, 0)
        expect(counted).toBe(body.refunded_amount)
        return counted === 0
      })
    }
  })
})

/** Requests so many refunds of one cent each, ten at a time. */
async function refundOnes(id: string, count: number): Promise<void> {
  const one = async () => expect((await refund(id, { amount: 1 })).status).toBe(200)
  for (let left = count; left > 0; left -= 10) {
    await Promise.all(Array.from({ length: Math.min(10, left) }, one))
  }
}

/** Inserts refunds of one cent each into the database, as the API would. */
async function insertOnes(
  id: string,
  { count, status }: { count: number; status: 'succeeded' | 'failed' },
): Promise<void> {
  await fixture.sql.query(
    `with payment as (
      update payments set refund_count = refund_count + $2::integer, sequence = sequence + $2,
        refunded_amount = refunded_amount + case when $3::text = 'failed' then 0 else $2 end
      where id = $1 returning *
    )
    insert into refunds (merchant_id, livemode, payment_id, id, amount, currency, status, actor_type,
      metadata, failure_code, requested_sequence, answered_sequence, created_at, updated_at)
    select merchant_id, livemode, payment.id, refund.id, 1, currency, $3, 'system', '{}',
      case when $3::text = 'failed' then 'refund_failed' end, sequence - n + 1, sequence, now(), now()
    from payment, unnest($4::text[]) with ordinality as refund (id, n)`,
    [id, count, status, Array.from({ length: count }, () => newId<RefundId>('refund'))],
  )
}

describe('of the hundred refunds that a payment may have,', () => {
  const asked = size({ quick: 9, all: 99 })

  test.each(size({ quick: ['without an amount'], all: ['without an amount', 'by its amount'] }))(
    'the last one must refund all that is left: %s',
    async (how) => {
      const { id } = await createPaid(api)
      await refundOnes(id, asked)
      await insertOnes(id, { count: 99 - asked, status: 'succeeded' })
      const { status, body } = await refund(id, { amount: 9899 })
      expect([status, body.error.details.field]).toEqual([400, 'amount'])
      const last = await refund(id, how === 'by its amount' ? { amount: 9900 } : undefined)
      expect(last.body.status).toBe('refunded')
      expect(last.body.refunds).toHaveLength(100)
    },
  )

  test('failed refunds are not counted', async () => {
    const { id } = await createPaid(api, { token: 'tok_refundDeclined' })
    // Refunds that the processor has not refused yet count as well.
    for (let failed = 0; failed < size({ quick: 10, all: 100 }); failed += 10) {
      await refundOnes(id, 10)
      await untilAnswered(id)
    }
    await insertOnes(id, { count: size({ quick: 90, all: 0 }), status: 'failed' })
    const next = await refund(id, { amount: 2 })
    expect([next.status, next.body.status, next.body.refunded_amount]).toEqual([
      200,
      'partially_refunded',
      2,
    ])
  })
})
