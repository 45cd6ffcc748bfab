import type { HedgeEvent, HedgeEventType } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { withExamples } from '../examples.ts'
import { choices, parseTime } from '../filters.ts'
import { followOptions, stopOnSignal } from '../follow.ts'
import { formatTime } from '../format.ts'
import { collect, pageSizeMax, parseLimit, showList } from '../list.ts'
import { eventColumns } from '../payment-view.ts'
import { type Session, withSession } from '../session.ts'
import { renderFields } from '../table.ts'
import { print } from '../terminal.ts'
import { eventTypes } from '../words.ts'

/** `hedge events`. */
export function eventsCommand(): Command {
  const command = new Command('events')
    .description('what happened')
    .addCommand(listCommand())
    .addCommand(getCommand())
    .addCommand(tailCommand())
  return withExamples(command, [['hedge events tail', 'watch what happens']])
}

interface ListOptions {
  type?: HedgeEventType[]
  payment?: string
  createdAfter?: string
  createdBefore?: string
  limit: number
  startingAfter?: string
}

const typeOption = () =>
  choices(new Option('--type <type>', 'of this type; several with commas, or repeated'), eventTypes)

function listCommand(): Command {
  const command = new Command('list')
    .description('list events, newest first')
    .addOption(typeOption())
    .option('--payment <id>', 'of this payment')
    .option('--created-after <time>', 'at or after: 2024-06-15, or an age like 24h', parseTime)
    .option('--created-before <time>', 'before (as above)', parseTime)
    .option('--limit <n>', 'how many', parseLimit, 10)
    .option('--starting-after <id>', 'only those older than this event')
    .action(
      withSession<ListOptions>(async (session, options) => {
        const { createdAfter: gte, createdBefore: lt, limit } = options
        const page = session.hedge.events.list({
          type: options.type,
          payment_id: options.payment,
          created: gte !== undefined || lt !== undefined ? { gte, lt } : undefined,
          limit: Math.min(limit, pageSizeMax),
          starting_after: options.startingAfter,
        })
        const list = await collect(page, limit)
        showList(session, list, {
          columns: eventColumns,
          empty: 'No events.',
          more: `There are more: --starting-after ${list.data.at(-1)?.id}, or a larger --limit.`,
        })
      }),
    )
  return withExamples(command, [
    ['hedge events list --type payment.canceled --created-after 24h', 'cancels of a day'],
    ['hedge events list --payment pay_abc123xyz --json', 'of one payment, for a program'],
  ])
}

function getCommand(): Command {
  const command = new Command('get')
    .description('show an event, with its payment at that moment')
    .argument('<id>', 'the event, evt_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.events.retrieve(id), renderEvent)
      }),
    )
  return withExamples(command, [
    ['hedge events get evt_abc123xyz --json', 'as a webhook carries it'],
  ])
}

function tailCommand(): Command {
  const command = new Command('tail')
    .description('show events as they happen, until Ctrl-C')
    .addOption(typeOption())
    .option('--payment <id>', 'of this payment')
    .option('--after <id>', 'begin after this event instead of now')
    .action(
      withSession<{ type?: HedgeEventType[]; payment?: string; after?: string }>(
        async (session, { type, payment, after }) => {
          const stop = stopOnSignal()
          const stream = session.hedge.events.stream({
            ...followOptions(session),
            type,
            payment_id: payment,
            lastEventId: after,
            signal: stop.signal,
          })
          for await (const event of stream) printEvent(session, event)
        },
      ),
    )
  return withExamples(command, [
    ['hedge events tail', 'everything'],
    ['hedge events tail --type payment.canceled --json | jq -r .data.id', 'one JSON line each'],
  ])
}

function printEvent(session: Session, event: HedgeEvent): void {
  if (session.json) {
    print(JSON.stringify(event))
    return
  }
  const { created, type, data, id } = event
  print(`${formatTime(created)}  ${type.padEnd(26)}  ${data.id}  ${id}`)
}

function renderEvent(event: HedgeEvent): string {
  const { data, actor } = event
  const by = actor.id === null ? actor.type : `${actor.type} ${actor.id}`
  return `${event.id}  ${event.type}\n${renderFields([
    [data.object.replaceAll('_', ' '), data.id],
    ['sequence', String(event.sequence)],
    ['from', event.from_status],
    ['to', event.to_status],
    ['by', by],
    ['reason', event.reason],
    ['created', `${formatTime(event.created)} UTC`],
  ])}`
}
