import type { ApiKey, ApiKeyWithSecret, Scope } from '@hedgepayments/node'
import type { MerchantRow } from '@hedgepayments/server/admin'
import { Command, InvalidArgumentError, Option } from 'commander'
import { confirmLive } from '../confirm.ts'
import { withExamples } from '../examples.ts'
import { usageError } from '../exit-codes.ts'
import { choices, parseTime } from '../filters.ts'
import { formatTime, shortTime } from '../format.ts'
import { collect, pageSizeMax, showList } from '../list.ts'
import { type GlobalOptions, withSession } from '../session.ts'
import { type Column, renderFields } from '../table.ts'
import { harmless, paint, print, say } from '../terminal.ts'
import { scopes } from '../words.ts'

/** `hedge keys`. */
export function keysCommand(): Command {
  const command = new Command('keys')
    .description('key pairs of the API')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
  return withExamples(command, [['hedge keys list', 'key pairs of the mode of your own key']])
}

/** Who has more keys than this has no use for a table of them. */
const keysShownMax = 10_000

interface CreateOptions {
  name?: string
  scope?: readonly Scope[]
  expiresAt?: string
  live?: boolean
  test?: boolean
  merchant?: string
  requestsPerMinute?: number
  database?: string | true
}

function createCommand(): Command {
  const command = new Command('create')
    .description('create a key pair; its secret is shown this once')
    .option('--name <text>', 'what you call it')
    .addOption(
      choices(
        new Option('--scope <scope>', 'what it may do; several with commas, or repeated'),
        scopes,
      ),
    )
    .option('--expires-at <time>', 'when it ends by itself: 2030-01-01', parseTime)
    .option('--requests-per-minute <n>', "its limit, at most your own key's", parseRate)
    .optionsGroup("For the server's operator:")
    .option('--live', 'a live key pair, made directly in the database')
    .option('--merchant <id>', 'whose: needed where there are several merchants')
    .option('--database <url>', 'where; default: DATABASE_URL, else the bundled one')
    .addHelpText(
      'after',
      `
A key of test mode cannot make one of live mode. The first live key is made with --live by
whoever has the database, with any limit: with DATABASE_URL, or beside the data folder of \`hedge serve\`, while the
server runs or not.`,
    )
    .action(async (options: CreateOptions, self: Command) => {
      if (options.live) {
        // Only here is the server's code needed; every other command starts without it.
        const { createLiveKey } = await import('./live-key.ts')
        const globals = self.optsWithGlobals<GlobalOptions>()
        const { key, merchant } = await createLiveKey({ ...options, dataDir: globals.dataDir })
        print(globals.json ? JSON.stringify(key, null, 2) : renderNewKey(key))
        if (!globals.json) sayKeep()
        sayMoney(merchant)
        return
      }
      if (options.merchant || options.database) {
        throw usageError('--merchant and --database go with --live.')
      }
      await createByApi(options, self)
    })
  return withExamples(command, [
    ['hedge keys create --name "back office"', 'with all that your own key may do'],
    [
      'hedge keys create --scope payments:read,payments:cancel',
      'one that can only read and cancel',
    ],
    ['hedge keys create --live --database postgres://localhost/hedge', 'the first live key'],
  ])
}

const createByApi = withSession<CreateOptions>(async (session, options) => {
  const key = await session.hedge.apiKeys.create({
    name: options.name,
    scopes: options.scope,
    expires_at: options.expiresAt,
    requests_per_minute: options.requestsPerMinute,
  })
  session.show(key, renderNewKey)
  if (!session.json) sayKeep()
})

function listCommand(): Command {
  const command = new Command('list')
    .description('list the key pairs of this mode, newest first')
    .action(
      withSession(async (session) => {
        const first = session.hedge.apiKeys.list({ limit: pageSizeMax })
        const list = await collect(first, keysShownMax)
        showList(session, list, { columns: keyColumns, empty: 'No keys.', more: 'There are more.' })
      }),
    )
  return withExamples(command, [
    ['hedge keys list', 'also those that were revoked'],
    ['hedge keys list --json | jq -r ".data[] | select(.revoked_at == null).id"', 'those in use'],
  ])
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('end a key pair, within 5 seconds everywhere')
    .argument('<id>', 'the key pair, key_…')
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<{ yes?: boolean }>(async (session, { yes }, [id = '']) => {
        const what = `this ends ${id}, and whoever uses it is locked out.`
        await confirmLive(session, { what, word: 'revoke', yes })
        session.show(await session.hedge.apiKeys.revoke(id), (key) => `Revoked ${key.id}.`)
      }),
    )
  return withExamples(command, [['hedge keys revoke key_abc123xyz', 'one that leaked']])
}

const keyColumns: readonly Column<ApiKey>[] = [
  { title: 'ID', value: (key) => key.id },
  { title: 'NAME', widthMin: 8, value: (key) => harmless(key.name ?? '') },
  { title: 'SECRET', value: (key) => key.secret_hint },
  { title: 'SCOPES', widthMin: 8, value: (key) => scopesOf(key) },
  {
    title: 'CREATED (UTC)',
    value: (key) => formatTime(key.created_at),
    short: { title: 'CREATED', value: (key) => shortTime(key.created_at) },
    leaveOut: 1,
  },
  { title: 'STATE', value: stateOf },
]

function scopesOf({ scopes: granted }: ApiKey): string {
  return scopes.every((scope) => granted.includes(scope)) ? 'all' : granted.join(' ')
}

function stateOf(key: ApiKey): string {
  if (key.revoked_at) return paint('dim', 'revoked')
  if (key.expires_at && Date.parse(key.expires_at) <= Date.now()) return paint('dim', 'expired')
  return paint('green', 'in use')
}

function renderNewKey(key: ApiKeyWithSecret): string {
  return renderFields([
    ['id', key.id],
    ['name', key.name === null ? null : harmless(key.name)],
    ['merchant', key.merchant_id],
    ['publishable key', key.publishable_key],
    ['secret key', key.secret_key],
    ['scopes', scopesOf(key)],
    ['requests a minute', String(key.requests_per_minute)],
    ['expires', key.expires_at === null ? null : `${formatTime(key.expires_at)} UTC`],
  ])
}

/** What may have been set by whoever had a test key. */
function sayMoney(merchant: MerchantRow): void {
  const { fee_basis_points: points, fee_fixed_minor: fixed } = merchant
  const ofServer = "the server's"
  const fees = `fee_basis_points ${points ?? ofServer}, fee_fixed ${fixed ?? ofServer}`
  const window = `default_cancel_window ${merchant.default_cancel_window}`
  say(`Of ${merchant.id} only live keys change these from now on: ${fees}, ${window}.`)
}

const sayKeep = () => say('Keep the secret key now: it is not shown again.')

/** Source: the contract, of a new key. */
const requestsPerMinuteMax = 2_000_000_000

function parseRate(value: string): number {
  const rate = Number(value)
  if (/^\d{1,10}$/.test(value) && rate >= 1 && rate <= requestsPerMinuteMax) return rate
  throw new InvalidArgumentError(`Expected a number from 1 to ${requestsPerMinuteMax}.`)
}
