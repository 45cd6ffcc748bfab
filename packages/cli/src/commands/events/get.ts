import type { HedgeEvent } from '@hedgepayments/node'
import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { formatTime } from '../../output/format.ts'
import { renderFields } from '../../output/table.ts'
import { withSession } from '../../session.ts'

/** `hedge events get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show an event')
    .argument('<id>', 'the event, evt_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.events.retrieve(id), renderEvent)
      }),
    )
  return withExamples(command, [
    ['hedge events get evt_abc123xyz --json', 'print the event as a webhook contains it'],
  ])
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
