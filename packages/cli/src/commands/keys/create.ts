import { scopes } from '@hedgepayments/contract/values'
import type { ApiKeyWithSecret, Scope } from '@hedgepayments/node'
import type { MerchantRow } from '@hedgepayments/server/admin'
import { Command, InvalidArgumentError, Option } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { choices } from '../../options/choices.ts'
import { type GivenTime, parseDeadline, resolveTime } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { formatTime } from '../../output/format.ts'
import { printable, toJson } from '../../output/json.ts'
import { renderFields } from '../../output/table.ts'
import { print, say } from '../../output/terminal.ts'
import { type GlobalOptions, withSession } from '../../session.ts'
import { scopesOf } from './scopes.ts'

interface CreateOptions {
  name?: string
  scope?: readonly Scope[]
  expiresAt?: GivenTime
  live?: boolean
  test?: boolean
  merchant?: string
  requestsPerMinute?: number
  database?: string | true
}

/** `hedge keys create`. */
export function createCommand(): Command {
  const scope = new Option('--scope <scope>', 'a permission; several with commas or repeated')
  const command = new Command('create')
    .description('create a key pair and show its secret, once')
    .option('--name <text>', 'a name for your records')
    .addOption(choices(scope, scopes))
    .option('--expires-at <time>', 'when the key pair expires: 2030-01-01, or 90d', parseDeadline)
    .option('--requests-per-minute <n>', 'the rate limit, at most that of your own key', parseRate)
    .optionsGroup("For the server's operator:")
    .option('--live', 'create a live key pair, directly in the database')
    .option('--merchant <id>', 'the merchant, if the server has several')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
A test key cannot create a live key. The operator creates the first live key with --live, directly
in the database and with any rate limit. The database is that of --database or DATABASE_URL, or the
bundled one in the data folder of \`hedge serve\`. The server may be running or not.`,
    )
    .action(async (options: CreateOptions, self: Command) => {
      if (options.live) {
        await createInDatabase(options, self.optsWithGlobals<GlobalOptions>())
        return
      }
      if (options.merchant || options.database) {
        throw usageError('--merchant and --database need --live.')
      }
      await createByApi(options, self)
    })
  return withExamples(command, [
    ['hedge keys create --name "back office"', 'create a key with the scopes of your own key'],
    ['hedge keys create --scope payments:read,payments:cancel', 'a key that reads and cancels'],
    ['hedge keys create --live --database postgres://localhost/hedge', 'the first live key'],
  ])
}

const createByApi = withSession<CreateOptions>(async (session, options) => {
  const key = await session.hedge.apiKeys.create({
    name: options.name,
    scopes: options.scope,
    expires_at: endOf(options),
    requests_per_minute: options.requestsPerMinute,
  })
  session.show(key, renderNewKey)
  if (!session.json) sayKeep()
})

async function createInDatabase(options: CreateOptions, globals: GlobalOptions): Promise<void> {
  // Imported here, because loading the server's code would slow down every other command.
  const { createLiveKey } = await import('./live-key.ts')
  const { key, merchant } = await createLiveKey({
    ...options,
    expiresAt: endOf(options),
    dataDir: globals.dataDir,
  })
  print(globals.json ? toJson(key, 2) : renderNewKey(printable(key)))
  if (!globals.json) sayKeep()
  sayMoney(merchant)
}

/** Keys expire by the real time, also in test mode: a test clock does not extend them. */
function endOf({ expiresAt }: CreateOptions): string | undefined {
  return expiresAt && resolveTime(expiresAt)
}

function renderNewKey(key: ApiKeyWithSecret): string {
  return renderFields([
    ['id', key.id],
    ['name', key.name],
    ['merchant', key.merchant_id],
    ['publishable key', key.publishable_key],
    ['secret key', key.secret_key],
    ['scopes', scopesOf(key)],
    ['requests a minute', String(key.requests_per_minute)],
    ['expires', key.expires_at === null ? null : `${formatTime(key.expires_at)} UTC`],
  ])
}

const sayKeep = () => say('Keep the secret key now. It is not shown again.')

/** Names the settings that a test key may have changed before live mode began. */
function sayMoney(merchant: MerchantRow): void {
  const { fee_basis_points: points, fee_fixed_minor: fixed } = merchant
  const ofServer = "the server's"
  const fees = `fee_basis_points ${points ?? ofServer}, fee_fixed ${fixed ?? ofServer}`
  const window = `default_cancel_window ${merchant.default_cancel_window}`
  say(`From now on, only live keys change these settings of ${merchant.id}: ${fees}, ${window}.`)
}

/** Source: the contract's schema of a new key. */
const requestsPerMinuteMax = 2_000_000_000

function parseRate(value: string): number {
  const rate = Number(value)
  if (/^\d{1,10}$/.test(value) && rate >= 1 && rate <= requestsPerMinuteMax) return rate
  throw new InvalidArgumentError(`Expected a number from 1 to ${requestsPerMinuteMax}.`)
}
