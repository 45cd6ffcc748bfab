import { scopes } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import { type Api, apiClient } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createDisputed, disputeEvents, untilDispute } from './disputed.ts'

const fixture = withMerchant()
const day = 86_400

const read = async (id: string) => (await fixture.api('GET', `/v1/payments/${id}`)).body
const url = () => fixture.servers[0]?.url ?? ''

/** A merchant of its own, so that its clock and its balance are this test's alone. */
async function newMerchant() {
  const { body } = await fixture.api('POST', '/v1/merchants', { body: { name: 'A shop' } })
  const api: Api = apiClient(url(), body.api_keys[0].secret_key)
  const balance = async () => (await api('GET', `/v1/merchants/${body.id}/balance`)).body
  return { api, balance }
}

/** The transfers of a payment's disputes, oldest first. */
async function transfers(paymentId: string): Promise<string[]> {
  const rows = await fixture.sql.query<{ text: string }>(
    `select kind || ' ' || amount || ' ' || credit_account as text from ledger_transfers
     where payment_id = $1 and kind like 'dispute%' order by event_sequence, kind`,
    [paymentId],
  )
  return rows.map(({ text }) => text)
}

describe('a payment that its customer disputes', () => {
  test('shows it, with a dispute and its deadline for evidence', async () => {
    const dispute = await createDisputed(fixture.api)
    expect(dispute).toEqual({
      id: expect.stringMatching(/^dp_/),
      object: 'dispute',
      livemode: false,
      payment: expect.stringMatching(/^pay_/),
      amount: 9999,
      withdrawn_amount: 9999,
      currency: 'USD',
      fee: 1500,
      status: 'needs_response',
      reason: 'fraudulent',
      evidence_due_by: expect.stringMatching(/Z$/),
      processor: 'sandbox',
      processor_url: null,
      created_at: expect.stringMatching(/Z$/),
      updated_at: dispute.created_at,
    })
    expect((await fixture.api('GET', `/v1/disputes/${dispute.id}`)).body).toEqual(dispute)
    expect(await read(dispute.payment)).toMatchObject({
      status: 'succeeded',
      disputed: true,
      allowed_actions: [],
    })
  })

  test('has the dispute in its timeline and its events, each once', async () => {
    const { payment: id, ...dispute } = await createDisputed(fixture.api)
    expect(await disputeEvents(fixture.api, id)).toEqual(['payment.disputed', 'dispute.created'])
    const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
    const [created, disputed] = body.data
    expect(created).toMatchObject({ data: dispute, reason: 'fraudulent', to_status: 'succeeded' })
    expect(created.actor).toEqual({ type: 'processor', id: 'sandbox' })
    expect(disputed.data).toMatchObject({ id, object: 'payment', disputed: true })
    const event = await fixture.api('GET', `/v1/events/${created.id}`)
    expect(event.body).toEqual(created)
    const listed = await fixture.api('GET', `/v1/events?payment_id=${id}&type=dispute.created`)
    expect(listed.body.data).toEqual([created])
  })

  test.each([
    ['refund', 'refunded'],
    ['reverse', 'reversed'],
  ])('refuses a %s, with the reason', async (action, done) => {
    const { payment: id } = await createDisputed(fixture.api)
    const { status, body } = await fixture.api('POST', `/v1/payments/${id}/${action}`)
    expect(status).toBe(412)
    expect(body.error).toEqual({
      code: 'payment_not_refundable',
      message:
        `Payment ${id} cannot be ${done}: it is disputed. Answer the dispute instead, so that ` +
        'the customer is not paid twice.',
      details: {
        payment_id: id,
        current_status: 'succeeded',
        refundable_statuses: ['succeeded', 'partially_refunded'],
        reason: 'disputed',
      },
    })
    expect(await read(id)).toMatchObject({ refunded_amount: 0, refunds: [] })
  })
})

describe('by the clock of test mode', () => {
  test('a dispute is won: the money returns, and the payment can be refunded', async () => {
    const { api, balance } = await newMerchant()
    const { payment: id } = await createDisputed(api, 'tok_createDisputeWon')
    const pending = async () => (await balance()).pending[0]?.amount
    const { body: paid } = await api('GET', `/v1/payments/${id}`)
    expect(await pending()).toBe(paid.net_amount - 9999 - 1500)
    await advance(api, 60)
    const won = await untilDispute(api, id, ['won'])
    expect(won.fee).toBe(0)
    expect(await transfers(id)).toEqual([
      'dispute 9999 processor',
      'dispute_fee 1500 processor',
      'dispute_fee_returned 1500 merchant_pending',
      'dispute_returned 9999 merchant_pending',
    ])
    expect(await pending()).toBe(paid.net_amount)
    expect(await disputeEvents(api, id)).toEqual([
      'payment.disputed',
      'dispute.created',
      'dispute.won',
    ])
    const { body } = await api('GET', `/v1/payments/${id}`)
    expect(body).toMatchObject({ disputed: false, allowed_actions: ['refund', 'reverse'] })
    expect((await api('POST', `/v1/payments/${id}/refund`)).status).toBe(200)
  })

  test.each([
    ['tok_createDisputeLost', 60],
    ['tok_createDispute', 7 * day],
  ])('a dispute of %s is lost: the money stays away', async (token, seconds) => {
    const { api } = await newMerchant()
    const { payment: id } = await createDisputed(api, token)
    await advance(api, seconds)
    expect(await untilDispute(api, id, ['lost'])).toMatchObject({ fee: 1500 })
    expect(await transfers(id)).toEqual(['dispute 9999 processor', 'dispute_fee 1500 processor'])
    expect((await disputeEvents(api, id)).at(-1)).toBe('dispute.lost')
    const { body } = await api('GET', `/v1/payments/${id}`)
    expect(body).toMatchObject({ disputed: true, allowed_actions: [] })
    expect((await api('POST', `/v1/payments/${id}/refund`)).status).toBe(412)
  })
})

test('only what was taken is disputed', async () => {
  const { id } = await createPaid(fixture.api, {
    token: 'tok_createDispute',
    amount: 50,
    currency: 'JPY',
  })
  expect(await untilDispute(fixture.api, id, ['needs_response'])).toMatchObject({
    amount: 50,
    currency: 'JPY',
  })
})

describe('the list of disputes', () => {
  test('is filtered by payment, status and time, and has pages', async () => {
    const { api } = await newMerchant()
    const ids: string[] = []
    for (const token of ['tok_createDispute', 'tok_createDispute', 'tok_createDisputeWon']) {
      ids.unshift((await createDisputed(api, token)).id)
    }
    const list = async (query: string) => {
      const { body } = await api('GET', `/v1/disputes?${query}`)
      return { ids: body.data.map(({ id }: { id: string }) => id), more: body.has_more }
    }
    expect(await list('')).toEqual({ ids, more: false })
    expect(await list('limit=2')).toEqual({ ids: ids.slice(0, 2), more: true })
    expect(await list(`starting_after=${ids[1]}`)).toEqual({ ids: ids.slice(2), more: false })
    expect(await list(`ending_before=${ids[1]}`)).toEqual({ ids: ids.slice(0, 1), more: false })
    expect(await list('status=won,lost')).toEqual({ ids: [], more: false })
    expect(await list('status=needs_response')).toEqual({ ids, more: false })
    expect(await list('payment=pay_0')).toEqual({ ids: [], more: false })
    expect(await list('created_at[lt]=2020-01-01T00:00:00Z')).toEqual({ ids: [], more: false })
    const refused = await api('GET', '/v1/disputes?status=open')
    expect([refused.status, refused.body.error.details.field]).toEqual([400, 'status'])
    expect((await api('GET', `/v1/disputes?starting_after=${ids[0]}x`)).status).toBe(400)
  })

  test('and a dispute are read with payments:read, in their own mode and merchant only', async () => {
    const { id } = await createDisputed(fixture.api)
    const { api: stranger } = await newMerchant()
    expect((await stranger('GET', `/v1/disputes/${id}`)).body.error).toMatchObject({
      code: 'not_found',
      message: 'Dispute not found.',
    })
    expect((await stranger('GET', '/v1/disputes')).body.data).toEqual([])
    const keyWith = async (given: readonly string[]) => {
      const made = await fixture.api('POST', '/v1/auth/api-keys', { body: { scopes: given } })
      return apiClient(url(), made.body.secret_key)
    }
    const blind = await keyWith(scopes.filter((scope) => scope !== 'payments:read'))
    expect((await blind('GET', `/v1/disputes/${id}`)).status).toBe(403)
    expect((await blind('GET', '/v1/disputes')).status).toBe(403)
    expect((await (await keyWith(['payments:read']))('GET', `/v1/disputes/${id}`)).status).toBe(200)
    for (const wrong of ['dp_', 'pay_1', 'dp_nothing']) {
      expect((await fixture.api('GET', `/v1/disputes/${wrong}`)).status).toBe(404)
    }
  })
})
