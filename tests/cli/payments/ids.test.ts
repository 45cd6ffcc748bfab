import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { size } from '../../support/size.ts'
import { hedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, env, run } = withCommandLine()

/** Parses lines of JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
const linesOf = (text: string): any[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

async function createMany(count: number): Promise<string[]> {
  const made = Array.from({ length: count }, () => createPayment(fixture.api))
  return (await Promise.all(made)).map(({ id }) => id)
}

describe('a command with several payment ids', () => {
  test.each(
    size({
      quick: [['cancel', 'canceled']],
      all: [
        ['get', 'pending'],
        ['cancel', 'canceled'],
        ['reverse', 'canceled'],
      ],
    }),
  )(
    'from standard input handles each line, and each id once: payments %s -',
    async (command, status) => {
      const ids = await createMany(3)
      const input = `${ids.join('\r\n')}\n\n ${ids[0]} \n`
      const { code, stdout, stderr } = await hedge(
        ['payments', command ?? '', '-', '--json'],
        env(),
        input,
      )
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(linesOf(stdout).map((payment) => [payment.id, payment.status])).toEqual(
        ids.map((id) => [id, status]),
      )
    },
  )

  test('prints one line per payment, and names the payment of a failure', async () => {
    const [one = '', two = ''] = await createMany(2)
    const input = `${one}\npay_none\n${two}\n`
    const ended = await hedge(['payments', 'cancel', '-'], env(), input)
    expect(ended.code).toBe(4)
    expect(ended.stdout).toMatch(new RegExp(`^${one}  canceled .*\n${two}  canceled .*\n$`))
    expect(ended.stderr).toContain('pay_none')
  })

  test('exits with 1 for failures of several kinds, and with its code for failures of one kind', async () => {
    const [id = ''] = await createMany(1)
    const refused = await run('payments', 'refund', id, id)
    expect(refused.code).toBe(3)
    const mixed = await run('payments', 'refund', id, 'pay_none', '--json')
    expect(mixed).toMatchObject({ code: 1, stdout: '' })
    expect(linesOf(mixed.stderr).map(({ error }) => [error.payment_id, error.code])).toEqual([
      [id, 'payment_not_refundable'],
      ['pay_none', 'not_found'],
    ])
  })

  test('stops at a refused key, and prints how many payments were not tried', async () => {
    const wrong = { ...env(), HEDGE_API_SECRET: 'sk_test_wrong_but_well_formed' }
    const ended = await hedge(['payments', 'get', '-'], wrong, 'pay_1\npay_2\npay_3\n')
    expect(ended).toMatchObject({ code: 5, stdout: '' })
    expect(ended.stderr).toContain('2 more payments were not tried')
  })

  test('refuses an empty list, and an idempotency key for several ids', async () => {
    const none = await hedge(['payments', 'cancel', '-'], env(), '\n')
    expect(none).toMatchObject({ code: 2, stdout: '' })
    const args = ['payments', 'cancel', 'pay_1', 'pay_2', '--idempotency-key', 'k']
    expect((await hedge(args, env())).code).toBe(2)
  })
})

test('control characters in texts of others are escaped, with --json as well', async () => {
  const description = 'a\u001b[2J\u009b31m\u202eb\nc'
  const { id } = await createPayment(fixture.api, { description })
  const controls = /(?!\n)[\p{Cc}\p{Cf}]/u
  const shown = await run('payments', 'get', id)
  expect(shown.stdout).toContain(String.raw`a\u001b[2J\u009b31m\u202eb\nc`)
  const json = await run('payments', 'get', id, '--json')
  const raw = await run('api', 'GET', `/v1/payments/${id}`)
  for (const { stdout } of [shown, json, raw]) expect(stdout).not.toMatch(controls)
  for (const { stdout } of [json, raw]) expect(JSON.parse(stdout).description).toBe(description)
  const refused = await run('payments', 'get', 'pay_\u001b[2J', '--json')
  expect(refused.stderr).not.toMatch(controls)
})
