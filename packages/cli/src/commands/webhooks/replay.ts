import { Command } from 'commander'
import { agesHelp, timeOf } from '../../given-times.ts'
import { type GivenTime, parseTime } from '../../options/parse.ts'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { formatTime } from '../../output/format.ts'
import { withSession } from '../../session.ts'

interface ReplayOptions {
  since: GivenTime
  yes?: boolean
}

/** `hedge webhooks replay`. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('send all events since a time to an endpoint again')
    .argument('<id>', 'the endpoint, whe_…')
    .requiredOption('--since <time>', 'the first time: 2024-06-15, or an age like 24h', parseTime)
    .addHelpText('after', agesHelp)
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<ReplayOptions>(async (session, options, [id = '']) => {
        const since = await timeOf(session, options.since)
        const what = `${id} will receive every event since ${formatTime(since)} UTC again.`
        await confirmLive(session, { what, word: 'replay', yes: options.yes })
        const replay = await session.hedge.webhooks.endpoints.replay(id, { since })
        session.show(replay, () => `Events since ${formatTime(replay.since)} UTC are sent again.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks replay whe_abc123xyz --since 24h', 'after a bug in your receiver'],
  ])
}
