import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { hedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, env, run, json } = withCommandLine()

async function createAuthorized(): Promise<string> {
  const payment = await createPayment(fixture.api, {
    capture_method: 'manual',
    initiate: true,
    payment_method_token: 'tok_visa',
  })
  return payment.id
}

describe('payments capture', () => {
  test('captures all of a payment that was created with manual capture', async () => {
    const created = await json(
      ...['payments', 'create', '--amount', '9999', '--currency', 'USD'],
      ...['--customer-email', 'customer@example.com', '--capture-method', 'manual'],
    )
    expect(created).toMatchObject({ status: 'pending', capture_method: 'manual' })
    await json('payments', 'initiate', created.id, '--token', 'tok_visa')
    const { code, stdout } = await run('payments', 'get', created.id)
    expect(code).toBe(0)
    expect(stdout).toMatch(/capture +manual\n/)
    expect(stdout).toMatch(/authorized until +\d{4}-\d\d-\d\d .* UTC\n/)
    expect(stdout).toMatch(/can be +canceled, captured, reversed/)
    expect(await json('payments', 'capture', created.id)).toMatchObject({ status: 'processing' })
    expect((await untilStatus(fixture.api, created.id, 'succeeded')).captured_amount).toBe(9999)
  })

  test('captures a part, and shows it', async () => {
    const id = await createAuthorized()
    await json('payments', 'capture', id, '--amount', '4000')
    await untilStatus(fixture.api, id, 'succeeded')
    const { stdout } = await run('payments', 'get', id)
    expect(stdout).toMatch(/captured +40\.00 USD\n/)
  })

  test('captures the same part of each id, also of those from standard input', async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, createAuthorized))
    const [first = '', ...others] = ids
    const args = ['payments', 'capture', first, '-', '--amount', '100', '--json']
    const { code, stdout, stderr } = await hedge(args, env(), `${others.join('\n')}\n`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const captured = stdout.trim().split('\n')
    expect(captured.map((line) => JSON.parse(line).id)).toEqual(ids)
    for (const id of ids) {
      expect((await untilStatus(fixture.api, id, 'succeeded')).captured_amount).toBe(100)
    }
  })

  test('of a part shows for each id how much it captures', async () => {
    const ids = await Promise.all([createAuthorized(), createAuthorized()])
    const { stdout } = await run('payments', 'capture', ...ids, '--amount', '100')
    const lines = stdout.trim().split('\n')
    for (const line of lines)
      expect(line).toMatch(/ 99\.99 USD, (captures 1\.00 USD|1\.00 USD captured)$/)
  })

  test('of a payment that is not authorized exits with 3, and says what to do', async () => {
    const { id } = await createPayment(fixture.api)
    const refused = await run('payments', 'capture', id)
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain(`Payment ${id} cannot be captured. Current status: pending.`)
    expect(refused.stderr).toContain(`hint: initiate it first: hedge payments initiate ${id}`)
  })

  test('of more than the amount, or of no amount, exits with 2', async () => {
    const id = await createAuthorized()
    for (const amount of ['10000', '0', '1.5', 'all']) {
      const { code, stdout } = await run('payments', 'capture', id, '--amount', amount)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    }
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe('initiated')
  })

  test('with an idempotency key captures once, and so is for one payment', async () => {
    const id = await createAuthorized()
    const args = ['payments', 'capture', id, '--idempotency-key', `capture ${id}`]
    const first = await json(...args)
    expect(await json(...args)).toEqual(first)
    expect((await run(...args, 'pay_2')).code).toBe(2)
  })
})

test('checkout create takes a capture method', async () => {
  const session = await json(
    ...['checkout', 'sessions', 'create', '--amount', '4200', '--currency', 'EUR'],
    ...['--customer-email', 'customer@example.com', '--capture-method', 'manual'],
  )
  expect(session.capture_method).toBe('manual')
  const { body } = await fixture.api('GET', `/v1/payments/${session.payment_id}`)
  expect(body.capture_method).toBe('manual')
})
