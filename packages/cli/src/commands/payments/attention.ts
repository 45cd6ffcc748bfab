import type { Attention } from '@hedgepayments/node'
import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { formatTime } from '../../output/format.ts'
import { renderFields } from '../../output/table.ts'
import { paint, say } from '../../output/terminal.ts'
import { withSession } from '../../session.ts'

/** `hedge payments attention`. */
export function attentionCommand(): Command {
  const command = new Command('attention')
    .description('show why a payment needs attention, and how to resolve it')
    .argument('<id>', 'the payment, pay_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        const list = await session.hedge.payments.attention(id)
        if (!session.json && list.data.length === 0) {
          say('It needs no attention.')
          return
        }
        session.show(
          { object: 'list', data: list.data, has_more: list.has_more, url: list.url },
          ({ data }) => data.map(renderAttention).join('\n\n'),
        )
      }),
    )
  return withExamples(command, [
    ['hedge payments attention pay_abc123xyz', 'show the reasons, and the possible resolutions'],
  ])
}

function renderAttention({ reason, since, message, resolutions }: Attention): string {
  return [
    paint('bold', reason),
    renderFields([
      ['since', `${formatTime(since)} UTC`],
      ['message', message],
      ['resolutions', resolutions.join(', ')],
    ]),
  ].join('\n')
}
