import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { currencies } from '@hedgepayments/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { isoDecimals, sample } from '../../support/locales/iso-4217.ts'
import { createInAnyCurrency } from '../../support/payments/any-currency.ts'
import { isLongRun, size } from '../../support/size.ts'
import { hedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, env: serverEnv } = withCommandLine()
const foreignCldr = pathToFileURL(
  join(import.meta.dirname, '../../support/locales/foreign-cldr.js'),
).href
/** `npm test` tries every fifteenth of the currencies with two decimals, and all others. */
const shown = [...currencies].filter(
  (currency, n) => isLongRun || n % 15 === 0 || isoDecimals(currency) !== 2 || currency === 'HUF',
)
let created = new Map<string, string>()

beforeAll(async () => {
  created = await createInAnyCurrency(fixture, { amount: sample.minor, currencies: shown })
})

const environments: readonly [name: string, env: Record<string, string>][] = [
  ['this environment', {}],
  ['an environment with other decimals', { NODE_OPTIONS: `--import=${foreignCldr}` }],
  ['an environment of another language', { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' }],
]

/** `npm test` tries the environment that differs most from ISO 4217. */
describe.each(size({ quick: environments.slice(1, 2), all: environments }))('in %s', (_, env) => {
  const run = (...args: string[]) => hedge(args, { ...serverEnv(), ...env })

  test('hedge lists the amount of every currency', async () => {
    const { code, stdout } = await run('payments', 'list', '--limit', '1000')
    expect(code).toBe(0)
    for (const [currency, id] of created) {
      const line = stdout.split('\n').find((each) => each.includes(id))
      expect(line).toContain(` ${sample.written(currency)} ${currency} `)
    }
  })

  test.each(size({ quick: ['HUF'], all: ['HUF', 'IDR', 'PKR', 'JPY', 'KWD', 'CLF'] }))(
    'hedge shows a payment in %s',
    async (currency) => {
      const { stdout } = await run('payments', 'get', created.get(currency) ?? '')
      expect(stdout.split('\n')[0]).toContain(` ${sample.written(currency)} ${currency}`)
    },
  )

  test('hedge accepts amounts in minor units, and refuses anything like major units', async () => {
    const options = ['--currency', 'HUF', '--customer-email', 'a@example.com']
    const made = await run('payments', 'create', '--amount', '999900', ...options)
    expect(made.stdout).toContain('9,999.00 HUF')
    for (const typed of size({
      quick: ['9,999'],
      all: ['9999.00', '9,999', '9 999', '1e3', '-5', ''],
    })) {
      const ended = await run('payments', 'create', `--amount=${typed}`, ...options)
      expect(ended, typed).toMatchObject({ code: 2, stdout: '' })
    }
  })
})
