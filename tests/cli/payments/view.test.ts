import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, run, json } = withCommandLine()
const order = ['--amount', '9999', '--currency', 'USD', '--customer-email', 'a@example.com']

describe('the text of a payment has', () => {
  test('the next action of 3-D Secure with its URL, after create and get', async () => {
    const token = ['--token', 'tok_threeDSecureRequired', '--initiate']
    const created = await run('payments', 'create', ...order, ...token)
    expect(created.code).toBe(0)
    const id = /pay_\w+/.exec(created.stdout)?.[0] ?? ''
    const { next_action: next } = await json('payments', 'get', id)
    const line = `send the customer to ${next.url}\n`
    for (const { stdout } of [created, await run('payments', 'get', id)]) {
      expect(stdout).toMatch(/ next action +send the customer/)
      expect(stdout).toContain(line)
    }
  })

  test('the code and the reason of a failure', async () => {
    const { stdout } = await run(
      'payments',
      'create',
      ...order,
      '--token',
      'tok_chargeDeclinedInsufficientFunds',
      '--initiate',
    )
    expect(stdout).toMatch(/ failure +insufficient_funds: \w+/)
    expect(stdout).not.toContain('next action')
  })

  test('each refund with its result', async () => {
    const { id } = await createPayment(fixture.api, {
      initiate: true,
      cancel_window: 0,
      payment_method_token: 'tok_refundDeclined',
    })
    await untilStatus(fixture.api, id, 'succeeded')
    await json('payments', 'refund', id, '--amount', '500', '--reason', 'damaged')
    await untilStatus(fixture.api, id, 'succeeded')
    const { refunds } = await json('payments', 'get', id)
    const { stdout } = await run('payments', 'get', id)
    expect(stdout).toContain(`${refunds[0].id}  5.00 USD  ${refunds[0].status}  `)
  })

  test('the captured amount of a manual capture, its window and its pages', async () => {
    const pages = [
      '--success-url',
      'https://shop.example.com/ok',
      '--cancel-url',
      'https://shop.example.com/no',
    ]
    const { stdout: pending } = await run(
      ...['payments', 'create', ...order, '--cancel-window', '90', ...pages],
    )
    expect(pending).toMatch(/ cancel window +90 s\n/)
    expect(pending).toMatch(/ success page +https:\/\/shop.example.com\/ok\n/)
    expect(pending).toMatch(/ cancel page +https:\/\/shop.example.com\/no\n/)
    const manual = ['--capture-method', 'manual', '--token', 'tok_visa', '--initiate']
    const { id } = await json('payments', 'create', ...order, ...manual)
    await json('payments', 'capture', id)
    await untilStatus(fixture.api, id, 'succeeded')
    expect((await run('payments', 'get', id)).stdout).toMatch(/ captured +99\.99 USD\n/)
  })
})

test('the text of a checkout session has its capture method and its pages', async () => {
  const { stdout } = await run(
    ...['checkout', 'sessions', 'create', '--amount', '4200', '--currency', 'EUR'],
    ...['--capture-method', 'manual', '--success-url', 'https://shop.example.com/ok'],
  )
  expect(stdout).toMatch(/ capture +manual\n/)
  expect(stdout).toMatch(/ success page +https:\/\/shop.example.com\/ok\n/)
})
