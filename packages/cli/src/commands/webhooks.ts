import type {
  HedgeEventType,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { confirmLive } from '../confirm.ts'
import { withExamples } from '../examples.ts'
import { usageError } from '../exit-codes.ts'
import { choices, parseTime } from '../filters.ts'
import { formatTime } from '../format.ts'
import { collect, pageSizeMax, parseLimit, showList } from '../list.ts'
import { withSession } from '../session.ts'
import { type Column, renderFields } from '../table.ts'
import { harmless, paint, say } from '../terminal.ts'
import { eventTypes } from '../words.ts'
import { deliveriesCommand, retryCommand, testCommand } from './webhook-deliveries.ts'

/** `hedge webhooks`. */
export function webhooksCommand(): Command {
  const command = new Command('webhooks').description('endpoints that events are sent to')
  for (const subcommand of [
    createCommand(),
    getCommand(),
    listCommand(),
    updateCommand(),
    deleteCommand(),
    rotateCommand(),
    deliveriesCommand(),
    retryCommand(),
    replayCommand(),
    testCommand(),
  ]) {
    command.addCommand(subcommand)
  }
  return withExamples(command, [
    ['hedge webhooks create https://shop.example.com/webhooks', 'register an endpoint'],
    ['hedge webhooks deliveries --status failed', 'what did not arrive'],
  ])
}

const typesOption = () =>
  choices(new Option('--events <type>', 'only these types; several with commas, or repeated'), [
    '*',
    ...eventTypes,
  ])

type Selection = readonly HedgeEventType[] | readonly ['*']

function createCommand(): Command {
  const command = new Command('create')
    .description('register an endpoint; its secret is shown this once')
    .argument('<url>', 'where events are sent')
    .addOption(typesOption())
    .option('--description <text>', 'what you call it')
    .action(
      withSession<{ events?: Selection; description?: string }>(
        async (session, { events, description }, [url = '']) => {
          const endpoint = { url, events, description }
          session.show(await session.hedge.webhooks.endpoints.create(endpoint), renderEndpoint)
          if (!session.json) sayKeep()
        },
      ),
    )
  return withExamples(command, [
    ['hedge webhooks create https://shop.example.com/webhooks', 'all events'],
    ['hedge webhooks create https://example.com/hook --events payment.canceled', 'only one type'],
  ])
}

function getCommand(): Command {
  const command = new Command('get')
    .description('show an endpoint')
    .argument('<id>', 'the endpoint, whe_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.webhooks.endpoints.retrieve(id), renderEndpoint)
      }),
    )
  return withExamples(command, [['hedge webhooks get whe_abc123xyz', 'is it well?']])
}

function listCommand(): Command {
  const command = new Command('list')
    .description('list endpoints, newest first')
    .option('--limit <n>', 'how many', parseLimit, 100)
    .action(
      withSession<{ limit: number }>(async (session, { limit }) => {
        const page = session.hedge.webhooks.endpoints.list({ limit: Math.min(limit, pageSizeMax) })
        showList(session, await collect(page, limit), {
          columns: endpointColumns,
          empty: 'No endpoints.',
          more: 'There are more: give a larger --limit.',
        })
      }),
    )
  return withExamples(command, [['hedge webhooks list', 'all of this mode']])
}

interface UpdateOptions {
  url?: string
  events?: Selection
  description?: string
  enable?: boolean
  disable?: boolean
  yes?: boolean
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change an endpoint, enable or disable it')
    .argument('<id>', 'the endpoint, whe_…')
    .option('--url <url>', 'where events are sent')
    .addOption(typesOption())
    .option('--description <text>', 'what you call it')
    .addOption(new Option('--enable', 'send events').conflicts('disable'))
    .option('--disable', 'send none, and give up what is waiting')
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<UpdateOptions>(async (session, options, [id = '']) => {
        const { url, events, description, enable, disable, yes } = options
        const enabled = enable ? true : disable ? false : undefined
        const change = { url, events, description, enabled }
        if (Object.values(change).every((value) => value === undefined)) {
          throw usageError('Nothing to change: see --help.')
        }
        if (disable) {
          await confirmLive(session, { what: `${id} gets no more events.`, word: 'disable', yes })
        }
        session.show(await session.hedge.webhooks.endpoints.update(id, change), renderEndpoint)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks update whe_abc123xyz --enable', 'after it was disabled'],
    ['hedge webhooks update whe_abc123xyz --events payment.canceled,payment.failed', 'less'],
  ])
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete an endpoint; what is waiting for it is given up')
    .argument('<id>', 'the endpoint, whe_…')
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<{ yes?: boolean }>(async (session, { yes }, [id = '']) => {
        await confirmLive(session, { what: `this deletes ${id}.`, word: 'delete', yes })
        const deleted = await session.hedge.webhooks.endpoints.delete(id)
        session.show(deleted, () => `Deleted ${id}.`)
      }),
    )
  return withExamples(command, [['hedge webhooks delete whe_abc123xyz', 'one that is gone']])
}

function rotateCommand(): Command {
  const command = new Command('rotate-secret')
    .description('make a new secret; the old one signs as well for 24 hours')
    .argument('<id>', 'the endpoint, whe_…')
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<{ yes?: boolean }>(async (session, { yes }, [id = '']) => {
        const what = `the secret of ${id} ends in 24 hours.`
        await confirmLive(session, { what, word: 'rotate', yes })
        const change = { rotate_secret: true } as const
        session.show(await session.hedge.webhooks.endpoints.update(id, change), renderEndpoint)
        if (!session.json) sayKeep()
      }),
    )
  return withExamples(command, [['hedge webhooks rotate-secret whe_abc123xyz', 'a new secret']])
}

function replayCommand(): Command {
  const command = new Command('replay')
    .description('send an endpoint every event since a time again')
    .argument('<id>', 'the endpoint, whe_…')
    .requiredOption('--since <time>', 'from when on: 2024-06-15, or an age like 24h', parseTime)
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<{ since: string; yes?: boolean }>(async (session, { since, yes }, [id = '']) => {
        const what = `${id} gets every event since ${formatTime(since)} UTC again.`
        await confirmLive(session, { what, word: 'replay', yes })
        const replay = await session.hedge.webhooks.endpoints.replay(id, { since })
        session.show(replay, () => `Events since ${formatTime(replay.since)} UTC are sent again.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks replay whe_abc123xyz --since 24h', 'after a bug in your receiver'],
  ])
}

const endpointColumns: readonly Column<WebhookEndpoint>[] = [
  { title: 'ID', value: (endpoint) => endpoint.id },
  { title: 'STATE', value: stateOf },
  { title: 'URL', widthMin: 20, value: (endpoint) => harmless(endpoint.url) },
  { title: 'EVENTS', widthMin: 12, leaveOut: 1, value: (endpoint) => eventsOf(endpoint) },
  {
    title: 'DESCRIPTION',
    value: (endpoint) => harmless(endpoint.description ?? ''),
    widthMin: 11,
    leaveOut: 2,
  },
]

function stateOf(endpoint: WebhookEndpoint): string {
  if (!endpoint.enabled) return paint('red', `disabled (${endpoint.disabled_reason})`)
  return endpoint.failing_since ? paint('yellow', 'failing') : paint('green', 'enabled')
}

function eventsOf({ events }: WebhookEndpoint): string {
  return events[0] === '*' ? 'all' : events.join(' ')
}

function renderEndpoint(endpoint: WebhookEndpoint | WebhookEndpointWithSecret): string {
  const { id, url, description, failing_since: failing, old_secret_expires_at: old } = endpoint
  return `${id}  ${stateOf(endpoint)}\n${renderFields([
    ['url', harmless(url)],
    ['events', eventsOf(endpoint)],
    ['description', description === null ? null : harmless(description)],
    ['secret', 'secret' in endpoint ? endpoint.secret : null],
    ['old secret until', old === null ? null : `${formatTime(old)} UTC`],
    ['failing since', failing === null ? null : `${formatTime(failing)} UTC`],
    ['created', `${formatTime(endpoint.created_at)} UTC`],
  ])}`
}

const sayKeep = () => say('Keep the secret now: it is not shown again.')
