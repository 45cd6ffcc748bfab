import { describe, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid, eventTypes } from '../../support/payments/paid.ts'
import { tokenOf } from './client.ts'
import { withMcp } from './with-mcp.ts'

const mcp = withMcp('reader', 'writer', 'liveWriter')
const api = () => mcp.merchant.api

async function statusOf(client: Api, id: string): Promise<string> {
  return (await client('GET', `/v1/payments/${id}`)).body.status
}

async function refundsOf(id: string): Promise<number[]> {
  const { body } = await api()('GET', `/v1/payments/${id}`)
  return body.refunds.map(({ amount }: { amount: number }) => amount)
}

describe('in test mode', () => {
  test('cancel_payment cancels with the reason, without a token', async () => {
    const { id } = await createPayment(api())
    const args = { payment_id: id, reason: 'customer_requested' }
    const { text, data } = await mcp.writer.call('cancel_payment', args)
    expect(text).toMatch(/^Test mode: canceled\. The customer is not charged\./)
    expect(data.payment).toMatchObject({ id, status: 'canceled', cancellation_reason: args.reason })
    expect(await statusOf(api(), id)).toBe('canceled')
  })

  test('a repeated call does not act twice, and its answer says so', async () => {
    const { id } = await createPaid(api())
    const args = { payment_id: id, amount: 500 }
    const first = await mcp.writer.call('refund_payment', args)
    const second = await mcp.writer.call('refund_payment', args)
    expect([first.data.replayed, second.data.replayed]).toEqual([false, true])
    expect(second.text).toContain('nothing more was done')
    expect(await refundsOf(id)).toEqual([500])
    await Promise.all(
      [1, 2, 3].map(() => mcp.writer.call('refund_payment', { ...args, amount: 7 })),
    )
    expect(await refundsOf(id)).toEqual([500, 7])
  })

  test('the same refund is made again with the token of a new dry run', async () => {
    const { id } = await createPaid(api())
    const args = { payment_id: id, amount: 500 }
    await mcp.writer.call('refund_payment', args)
    // Until then the payment changes by itself, and a token is bound to the version of its dry run.
    await expect.poll(() => eventTypes(api(), id)).toContain('payment.refund_succeeded')
    const dryRun = await mcp.writer.call('dry_run_refund_payment', args)
    expect(dryRun.text).toContain('5.00 USD would go back to the customer. 89.99 USD could be')
    const token = tokenOf(dryRun)
    const { text } = await mcp.writer.call('refund_payment', { ...args, confirmation_token: token })
    expect(text).toMatch(/the refund of 5\.00 USD is accepted\. Refund ref_\w+ is /)
    expect(await refundsOf(id)).toEqual([500, 500])
  })

  test('a refused change can succeed after the payment has changed', async () => {
    const { id } = await createPayment(api())
    const refused = await mcp.writer.call('refund_payment', { payment_id: id })
    expect(refused.data.error.code).toBe('payment_not_refundable')
    const body = { payment_method_token: 'tok_visa' }
    await api()('POST', `/v1/payments/${id}/initiate`, { body })
    await expect.poll(() => statusOf(api(), id)).toBe('succeeded')
    const { isError } = await mcp.writer.call('refund_payment', { payment_id: id })
    expect(isError).toBe(false)
    expect(await statusOf(api(), id)).toBe('refunded')
  })

  test('reverse_payment cancels a cancelable payment, and refunds a succeeded one', async () => {
    const open = await createPayment(api())
    const paid = await createPaid(api())
    const canceled = await mcp.writer.call('reverse_payment', { payment_id: open.id })
    const refunded = await mcp.writer.call('reverse_payment', { payment_id: paid.id })
    expect([canceled.data.reversal, refunded.data.reversal]).toEqual(['canceled', 'refunded'])
    expect(await statusOf(api(), open.id)).toBe('canceled')
    expect(await statusOf(api(), paid.id)).toBe('refunded')
  })

  test('capture_payment takes a part of an initiated payment, and a pending one is refused', async () => {
    const made = { capture_method: 'manual', initiate: true, payment_method_token: 'tok_visa' }
    const { id } = await createPayment(api(), made)
    const args = { payment_id: id, amount: 1_000 }
    const tooMuch = { payment_id: id, amount: 10_000 }
    const impossible = await mcp.writer.call('dry_run_capture_payment', tooMuch)
    expect(impossible.text).toContain('100.00 USD is more than the amount, 99.99 USD.')
    const dryRun = await mcp.writer.call('dry_run_capture_payment', args)
    expect(dryRun.text).toContain('10.00 USD would be taken from the customer.')
    expect(dryRun.text).toContain('89.99 USD would be released for good.')
    expect(await statusOf(api(), id)).toBe('initiated')
    const token = tokenOf(dryRun)
    const given = { ...args, confirmation_token: token }
    const { text, data } = await mcp.writer.call('capture_payment', given)
    expect(text).toMatch(/^Test mode: the capture of 10\.00 USD is accepted\./)
    expect(data.payment.id).toBe(id)
    await expect.poll(() => statusOf(api(), id)).toBe('succeeded')
    expect((await api()('GET', `/v1/payments/${id}`)).body.captured_amount).toBe(1_000)
    const pending = await createPayment(api())
    const refused = await mcp.writer.call('capture_payment', { payment_id: pending.id })
    expect(refused.data.error.code).toBe('payment_not_capturable')
  })

  test('bulk_cancel cancels what the dry run counted, and get_bulk_cancel shows the run', async () => {
    const metadata = { batch: 'bulk' }
    const made = await Promise.all([1, 2, 3].map(() => createPayment(api(), { metadata })))
    const spared = await createPayment(api())
    const dryRun = await mcp.writer.call('dry_run_bulk_cancel', { metadata })
    expect(dryRun.text).toContain('3 payments would be canceled for good.')
    const { data } = await mcp.writer.call('bulk_cancel', { metadata })
    expect(data.cancellation).toMatchObject({ status: 'completed', canceled: 3 })
    for (const { id } of made) expect(await statusOf(api(), id)).toBe('canceled')
    expect(await statusOf(api(), spared.id)).toBe('pending')
    const run = { cancellation_id: data.cancellation.id }
    expect((await mcp.reader.call('get_bulk_cancel', run)).text).toContain('3 payments canceled.')
  })

  test('bulk_cancel names the payments that it could not cancel', async () => {
    const open = await createPayment(api())
    const paid = await createPaid(api())
    const payment_ids = [open.id, paid.id, 'pay_unknown']
    const { text, data } = await mcp.writer.call('bulk_cancel', { payment_ids })
    expect(data.cancellation).toMatchObject({ canceled: 1, refused: 1, not_found: 1 })
    expect(text).toContain(`Not canceled: ${paid.id}, succeeded.`)
    expect(text).toContain('1 id not found.')
  })

  test.each([
    {},
    { all: true, status: ['pending'] },
    { payment_ids: ['pay_abc123xyz'], all: true },
  ])('bulk_cancel does nothing for the ambiguous selection %j', async (args) => {
    for (const name of ['dry_run_bulk_cancel', 'bulk_cancel']) {
      const { isError, data } = await mcp.writer.call(name, args)
      expect({ isError, code: data.error.code }).toEqual({ isError: true, code: 'usage' })
    }
  })
})

describe('in live mode', () => {
  test('no change is made without a confirmation token', async () => {
    const { id } = await createPayment(mcp.live)
    for (const [name, args] of [
      ['cancel_payment', { payment_id: id }],
      ['capture_payment', { payment_id: id }],
      ['refund_payment', { payment_id: id }],
      ['reverse_payment', { payment_id: id }],
      ['bulk_cancel', { payment_ids: [id] }],
    ] as const) {
      const { isError, data } = await mcp.liveWriter.call(name, args)
      expect({ isError, code: data.error.code }).toEqual({
        isError: true,
        code: 'confirmation_required',
      })
      expect(data.error.message).toContain(`dry_run_${name}`)
    }
    expect(await eventTypes(mcp.live, id)).toEqual(['payment.created'])
  })

  test.each(['cancel_payment', 'reverse_payment'])(
    '%s acts with the token of its dry run, once',
    async (name) => {
      const { id } = await createPayment(mcp.live)
      const dryRun = await mcp.liveWriter.call(`dry_run_${name}`, { payment_id: id })
      expect(dryRun.text).toMatch(/^Live mode, dry run: nothing was changed\./)
      expect(await statusOf(mcp.live, id)).toBe('pending')
      const args = { payment_id: id, confirmation_token: tokenOf(dryRun) }
      const { text, isError } = await mcp.liveWriter.call(name, args)
      expect(isError).toBe(false)
      expect(text).toMatch(/^Live mode: /)
      expect(await statusOf(mcp.live, id)).toBe('canceled')
      const again = await mcp.liveWriter.call(name, args)
      expect(again.data.error.code).toBe('confirmation_used')
    },
  )

  test('bulk_cancel cancels no payment created after the second of its dry run', async () => {
    const metadata = { batch: 'live' }
    const { id } = await createPayment(mcp.live, { metadata })
    const dryRun = await mcp.liveWriter.call('dry_run_bulk_cancel', { metadata })
    expect(dryRun.data.would_cancel).toBe(1)
    const [, second] = /created after (.{19}) UTC would not/.exec(dryRun.text) ?? []
    const later = await expect
      .poll(async () => {
        const payment = await createPayment(mcp.live, { metadata })
        return payment.created_at > `${second?.replace(' ', 'T')}Z` ? payment.id : null
      })
      .not.toBeNull()
      .then(async () => {
        const { body } = await mcp.live('GET', '/v1/payments?metadata[batch]=live&limit=1')
        return body.data[0].id
      })
    const confirmation_token = tokenOf(dryRun)
    const { data } = await mcp.liveWriter.call('bulk_cancel', { metadata, confirmation_token })
    expect(data.cancellation.status).toBe('completed')
    expect(await statusOf(mcp.live, id)).toBe('canceled')
    expect(await statusOf(mcp.live, later)).toBe('pending')
  })

  test('a token is valid for its action and arguments only', async () => {
    const [one, two] = [await createPayment(mcp.live), await createPayment(mcp.live)]
    const given = { payment_id: one.id, reason: 'a' }
    const token = tokenOf(await mcp.liveWriter.call('dry_run_cancel_payment', given))
    for (const [name, args] of [
      ['cancel_payment', { ...given, payment_id: two.id }],
      ['cancel_payment', { ...given, reason: 'b' }],
      ['cancel_payment', { payment_id: one.id }],
      ['reverse_payment', given],
    ] as const) {
      const { data } = await mcp.liveWriter.call(name, { ...args, confirmation_token: token })
      expect(data.error.code).toBe('confirmation_mismatch')
    }
    const { data } = await mcp.liveWriter.call('cancel_payment', {
      ...given,
      confirmation_token: 'confirm_0123456789abcdef',
    })
    expect(data.error.code).toBe('confirmation_unknown')
    expect([await statusOf(mcp.live, one.id), await statusOf(mcp.live, two.id)]).toEqual([
      'pending',
      'pending',
    ])
    const right = await mcp.liveWriter.call('cancel_payment', {
      ...given,
      confirmation_token: token,
    })
    expect(right.isError).toBe(false)
  })

  test('a token of another MCP server is refused', async () => {
    const { id } = await createPayment(api())
    const dryRun = await mcp.writer.call('dry_run_cancel_payment', { payment_id: id })
    const args = { payment_id: id, confirmation_token: tokenOf(dryRun) }
    const { data } = await mcp.liveWriter.call('cancel_payment', args)
    expect(data.error.code).toBe('confirmation_unknown')
  })

  test('a payment that has changed since the dry run is not changed', async () => {
    const { id } = await createPaid(api())
    const args = { payment_id: id, amount: 500 }
    const confirmation_token = tokenOf(await mcp.writer.call('dry_run_refund_payment', args))
    await api()('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
    const { text, data } = await mcp.writer.call('refund_payment', { ...args, confirmation_token })
    expect(data.error).toMatchObject({ code: 'precondition_failed', status: 412 })
    expect(text).toContain('call the dry run again')
    expect(await refundsOf(id)).toEqual([100])
  })
})
