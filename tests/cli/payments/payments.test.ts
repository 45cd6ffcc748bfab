import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { isLongRun } from '../../support/size.ts'
import { hedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, server, env, run } = withCommandLine()

// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
const lines = (text: string): any[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

const creation = ['--amount', '9999', '--currency', 'usd', '--customer-email', 'jane@example.com']

describe('hedge payments', () => {
  test('create creates the payment with the given fields, and prints it', async () => {
    const { code, stdout, stderr } = await run(
      ...['payments', 'create', ...creation],
      ...['--metadata', 'order_id=17', '--metadata', 'remark=a=b', '--description', 'Two lamps'],
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const id = /pay_\w+/.exec(stdout)?.[0]
    expect(stdout).toContain('99.99 USD')
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body).toMatchObject({
      amount: 9999,
      currency: 'USD',
      customer_email: 'jane@example.com',
      description: 'Two lamps',
      metadata: { order_id: '17', remark: 'a=b' },
    })
  })

  test('create with --json prints the API object and nothing else', async () => {
    const payment = await createPayment(fixture.api)
    const { code, stdout, stderr } = await run('payments', 'get', payment.id, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual(payment)
  })

  test('create refuses an amount with a decimal point', async () => {
    const ended = await run('payments', 'create', ...creation.with(1, '99.99'))
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('minor units')
  })

  test('list filters, prints a table, and fetches the requested number of pages', async () => {
    const email = 'many@example.com'
    const made: { id: string }[] = []
    // One at a time: a busy machine would refuse some of a hundred concurrent requests.
    while (made.length < 103) {
      made.push(await createPayment(fixture.api, { customer_email: email }))
    }
    const filters = ['--customer-email', email, '--status', 'pending,initiated']
    const table = await run('payments', 'list', ...filters)
    const lines = table.stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[0]).toMatch(/^ID +STATUS +AMOUNT +CUSTOMER +CREATED \(UTC\)$/)
    expect(table.stderr).toContain('--starting-after pay_')

    const all = await run('payments', 'list', ...filters, '--limit', '1000', '--json')
    const list = JSON.parse(all.stdout)
    expect(list).toMatchObject({ object: 'list', has_more: false, url: '/v1/payments' })
    expect(list.data.map((payment: { id: string }) => payment.id).sort()).toEqual(
      made.map((payment) => payment.id).sort(),
    )
    const page = JSON.parse(
      (await run('payments', 'list', ...filters, '--limit', '101', '--json')).stdout,
    )
    expect(page.data).toHaveLength(101)
    expect(page.has_more).toBe(true)
  })

  test('list escapes control characters of customer texts for the terminal', async () => {
    const { id } = await createPayment(fixture.api, { description: 'nice \u001b[31m\u0007 lamp' })
    const { stdout } = await run('payments', 'get', id)
    expect(stdout).toContain('nice')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).not.toContain('\u0007')
  })

  test('cancel cancels with the reason, and the timeline says so', async () => {
    const { id } = await createPayment(fixture.api)
    const { code, stdout } = await run('payments', 'cancel', id, '--reason', 'customer_requested')
    expect(code).toBe(0)
    expect(stdout).toContain('canceled')
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body).toMatchObject({ status: 'canceled', cancellation_reason: 'customer_requested' })
    const timeline = await run('payments', 'events', id)
    expect(timeline.stdout).toMatch(/payment\.canceled.*payment\.created/s)
  })

  test('a refused cancel exits with 3, and prints the code and the request id', async () => {
    const { id } = await createPayment(fixture.api)
    await fixture.api('POST', `/v1/payments/${id}/cancel`)
    const again = await run('payments', 'cancel', id)
    expect(again).toMatchObject({ code: 3, stdout: '' })
    expect(again.stderr).toMatch(
      new RegExp(
        `Payment ${id} cannot be canceled. Current status: canceled. ` +
          String.raw`\(payment_not_cancelable, request req_\w+\)`,
      ),
    )
    const { stderr } = await run('payments', 'cancel', id, '--json')
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        code: 'payment_not_cancelable',
        status: 412,
        request_id: expect.stringMatching(/^req_/),
        details: { current_status: 'canceled' },
      },
    })
  })

  test('cancel with the same idempotency key gets the same answer', async () => {
    const { id } = await createPayment(fixture.api)
    const args = ['payments', 'cancel', id, '--idempotency-key', `again-${id}`, '--json']
    const first = await run(...args)
    const second = await run(...args)
    expect(second).toEqual(first)
    expect(first.code).toBe(0)
  })

  test('cancel cancels each of several ids separately', async () => {
    const [one, two] = [await createPayment(fixture.api), await createPayment(fixture.api)]
    const ended = await run('payments', 'cancel', one.id, 'pay_unknown', two.id, '--json')
    expect(ended.code).toBe(4)
    expect(lines(ended.stdout).map(({ id }) => id)).toEqual([one.id, two.id])
    expect(lines(ended.stderr)).toMatchObject([
      { error: { payment_id: 'pay_unknown', code: 'not_found' } },
    ])
  })
})

/** Neighbours are of one kind, and `npm test` tries one of each kind. */
const mistakes = [
  { args: ['paiments'], says: 'payments' },
  { args: ['payments', 'list', '--colour'], says: '--colour' },
  { args: ['payments', 'list', '--status', 'gone'], says: 'pending' },
  { args: ['payments', 'list', '--created-after', 'soon'], says: '24h' },
  { args: ['payments', 'cancel'], says: 'ids' },
  { args: ['payments', 'cancel-many'], says: '--all' },
  { args: ['payments', 'cancel-many', '--all', '--status', 'pending'], says: 'not both' },
  { args: ['payments', 'cancel-many', 'pay_x'], says: 'too many arguments' },
  { args: ['payments', 'cancel-many', '--resume', 'can_x', '--all'], says: 'the filter' },
  { args: ['payments', 'cancel-many', '--resume', 'can_x', '--reason', 'x'], says: 'the reason' },
  { args: ['payments', 'cancel-many', '--resume', 'can_x', '--dry-run'], says: '--dry-run' },
  { args: ['webhooks', 'deliveries', 'whd_x'], says: 'too many arguments' },
  { args: ['webhooks', 'retry', 'whe_x'], says: 'retry-failed' },
  { args: ['payments', 'get'], says: 'id' },
]

describe('the exit code', () => {
  test('is 2 for an unknown option, and the error is JSON with --json', async () => {
    const { code, stderr } = await run('payments', 'list', '--colour', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage' } })
  })

  test('is 4 for an unknown payment', async () => {
    expect(await run('payments', 'get', 'pay_none')).toMatchObject({ code: 4, stdout: '' })
  })

  test('is 5 for a wrong or missing key', async () => {
    const wrong = { ...env(), HEDGE_API_SECRET: 'sk_test_wrong_but_well_formed' }
    const ended = await hedge(['payments', 'list'], wrong)
    expect(ended).toMatchObject({ code: 5, stdout: '' })
    expect(ended.stderr).not.toContain('wrong_but')
    const none = await hedge(['payments', 'list'], { HEDGE_BASE_URL: server().url })
    expect(none.code).toBe(5)
    expect(none.stderr).toContain('HEDGE_API_SECRET')
  })

  test('is 6 if no server answers', async () => {
    const gone = { ...env(), HEDGE_BASE_URL: 'http://127.0.0.1:1' }
    const ended = await hedge(['payments', 'list'], gone)
    expect(ended).toMatchObject({ code: 6, stdout: '' })
    expect(ended.stderr).toContain('hedge doctor')
    expect(ended.stderr).not.toMatch(/^\s+at /m)
  })

  test.each(mistakes.filter((_, n) => isLongRun || n % 2 === 0))(
    'is 2 for the invalid arguments $args',
    async ({ args, says }) => {
      const ended = await run(...args)
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toContain(says)
    },
  )
})
