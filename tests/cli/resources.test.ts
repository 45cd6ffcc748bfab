import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createPayment } from '../support/http/api.ts'
import { until } from '../support/until.ts'
import { temporaryFolder } from './folder.ts'
import { hedge, startHedge } from './hedge.ts'
import { withCommandLine } from './with-server.ts'

const { fixture, server, env, run, json } = withCommandLine()
const folder = temporaryFolder()

describe('hedge balance, merchants and clock', () => {
  test('balance shows the balance of the merchant, in its currencies', async () => {
    const { code, stdout } = await run('balance')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^merch_\w+ {2}test mode\n {2}available +none\n/)
    const id = (await json('merchants', 'get')).id
    expect(await json('balance', id)).toEqual(
      (await fixture.api('GET', `/v1/merchants/${id}/balance`)).body,
    )
    expect((await run('balance', 'merch_none')).code).toBe(4)
  })

  test('merchants create and update work, and create prints the keys', async () => {
    const made = await json('merchants', 'create', '--name', 'Second shop', '--fee-fixed', '30')
    expect(made).toMatchObject({ name: 'Second shop', fee_fixed: 30, fee_basis_points: null })
    const secret = made.api_keys[0].secret_key
    const own = { ...env(), HEDGE_API_SECRET: secret }
    const args = ['merchants', 'update', '--default-cancel-window', '30m', '--fee-fixed', 'server']
    const changed = await hedge([...args, '--json'], own)
    expect(JSON.parse(changed.stdout)).toMatchObject({
      id: made.id,
      default_cancel_window: 1_800,
      fee_fixed: null,
    })
    expect((await hedge(['merchants', 'update'], own)).code).toBe(2)
  })

  test('clock advance moves the clock of test mode by a duration like 7d', async () => {
    const before = await json('clock', 'show')
    const after = await json('clock', 'advance', '7d')
    expect(after.offset_seconds - before.offset_seconds).toBe(604_800)
    expect((await run('clock', 'advance', 'tomorrow')).code).toBe(2)
    // A relative time is based on the clock of test mode.
    const made = await json(
      ...['payments', 'create', '--amount', '50', '--currency', 'JPY', '--expires-at', '2h'],
      ...['--customer-email', 'a@example.com'],
    )
    const late = Date.parse(made.expires_at) - Date.parse(made.created_at)
    expect(Math.abs(late - 7_200_000)).toBeLessThanOrEqual(1_000 * 60)
  })
})

describe('hedge checkout', () => {
  test('creates a session with all fields, shows it and expires it', async () => {
    const made = await json(
      ...['checkout', 'sessions', 'create', '--amount', '9999', '--currency', 'usd'],
      ...['--customer-email', 'a@example.com', '--payment-method', 'card,ach', '--metadata', 'a=b'],
      ...['--cancel-window', '1h', '--description', 'Lamp', '--success-url', 'https://a.example/'],
    )
    expect(made).toMatchObject({
      ...{ amount: 9_999, currency: 'USD', payment_method_types: ['card', 'ach'] },
      ...{ metadata: { a: 'b' }, cancel_window: 3_600, success_url: 'https://a.example/' },
    })
    const shown = await run('checkout', 'sessions', 'get', made.id)
    expect(shown.stdout).toContain(made.url)
    expect((await json('checkout', 'sessions', 'expire', made.id)).status).toBe('expired')
    expect((await run('checkout', 'sessions', 'expire', made.id)).code).toBe(3)
  })
})

describe('hedge payments create', () => {
  test('accepts every field of the API, and initiates at once', async () => {
    const made = await json(
      ...['payments', 'create', '--amount', '9999', '--currency', 'usd', '--initiate'],
      ...['--customer-email', 'a@example.com', '--token', 'tok_visa', '--customer-id', 'c17'],
      ...['--statement-descriptor', 'LAMP', '--cancel-window', '1h', '--description', 'Lamp'],
      ...['--success-url', 'https://a.example/y', '--cancel-url', 'https://a.example/n'],
    )
    expect(made).toMatchObject({
      ...{ status: 'initiated', customer_id: 'c17', statement_descriptor: 'LAMP' },
      ...{ cancel_window: 3_600, description: 'Lamp' },
      ...{ success_url: 'https://a.example/y', cancel_url: 'https://a.example/n' },
    })
    const order = ['--amount', '1', '--currency', 'usd', '--customer-email', 'a@example.com']
    const without = await run('payments', 'create', ...order, '--initiate')
    expect(without).toMatchObject({ code: 2, stdout: '' })
    expect(without.stderr).toContain('--token')
  })
})

describe('hedge processors', () => {
  const secret = 'sk_test_secret_of_the_processor'

  test('reads secrets from standard input or the environment, and never prints them', async () => {
    expect((await run('processors', 'show')).code).toBe(4)
    const input = `${secret}\nwhsec_of_the_processor\n`
    const publishable = ['--publishable-key', 'pk_test_of_the_processor']
    const set = await hedge(['processors', 'set', 'stripe', ...publishable], env(), input)
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect(set.stdout).not.toContain(secret)
    expect(await json('processors', 'show')).toMatchObject({
      processor: 'stripe',
      publishable_key: 'pk_test_of_the_processor',
      has_webhook_secret: true,
    })
    const variables = { ...env(), HEDGE_PROCESSOR_SECRET_KEY: secret }
    const again = await hedge(['processors', 'set', 'stripe', '--json'], variables)
    expect(JSON.parse(again.stdout)).toMatchObject({
      publishable_key: null,
      has_webhook_secret: false,
    })
    expect((await json('processors', 'remove')).deleted).toBe(true)
  })

  test('accepts no secret as an option or argument', async () => {
    expect((await hedge(['processors', 'set', 'stripe', secret], env(), '')).code).toBe(2)
    const none = await hedge(['processors', 'set', 'stripe'], env(), '\n')
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('HEDGE_PROCESSOR_SECRET_KEY')
  })
})

describe('hedge open', () => {
  test('prints the URL of a page, also without a key', async () => {
    const payment = await createPayment(fixture.api)
    expect((await run('open', payment.id)).stdout).toBe(`${payment.url}\n`)
    expect(await json('open')).toEqual({ object: 'page', url: `${server().url}/dashboard` })
    const withoutKey = await hedge(['open', 'docs'], { HEDGE_BASE_URL: server().url })
    expect(withoutKey).toMatchObject({ code: 0, stdout: `${server().url}/docs\n` })
    expect((await run('open', 'kitchen')).code).toBe(2)
  })

  test('opens it with the program in BROWSER, unless only the URL is requested', async () => {
    const opened = join(folder(), 'opened')
    const browser = join(folder(), 'browser.sh')
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > ${opened}\n`, { mode: 0o755 })
    const variables = { ...env(), BROWSER: browser }
    await hedge(['open', 'dashboard', '--print'], variables)
    await hedge(['open', 'docs'], variables)
    const url = await until('it is opened', () => read(opened))
    expect(url).toBe(`${server().url}/docs`)
    const none = await hedge(['open'], { ...env(), BROWSER: '/nonexistent' })
    expect(none).toMatchObject({ code: 0, stdout: `${server().url}/dashboard\n` })
    expect(none.stderr).toContain('No browser')
  })
})

describe('hedge logs tail', () => {
  test('prints events and audit records as they arrive, until Ctrl-C', async () => {
    const tail = startHedge(['logs', 'tail'], env())
    await until('it watches', () => tail.stderr().includes('Ctrl-C stops'))
    const { id } = await createPayment(fixture.api)
    const made = await json('keys', 'create', '--scope', 'payments:read')
    await until('both are printed', () => {
      const text = tail.stdout()
      return text.includes(id) && text.includes(made.id)
    })
    tail.child.kill('SIGINT')
    const { code, stdout } = await tail.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`payment.created +${id}`))
    expect(stdout).toMatch(new RegExp(`api_key.created +${made.id}`))
  })

  test('prints only events with a key without the scope for the audit log', async () => {
    const made = await json('keys', 'create', '--scope', 'payments:read')
    const variables = { ...env(), HEDGE_API_SECRET: made.secret_key }
    const tail = startHedge(['logs', 'tail', '--json'], variables)
    await until('it says so', () => tail.stderr().includes('merchants:write'))
    // It reads the newest event before it prints this line.
    const { id } = await createPayment(fixture.api)
    await until('the event is printed', () => tail.stdout().includes(id))
    tail.child.kill('SIGINT')
    expect((await tail.ended).code).toBe(0)
    expect(JSON.parse(tail.stdout().split('\n')[0] ?? '')).toMatchObject({ object: 'event' })
  })
})

async function read(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch(() => null)
}
