import type { TestClockTime } from '@hedgepayments/node'
import { Command } from 'commander'
import { parseSeconds } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { formatCount, formatTime } from '../../output/format.ts'
import { withSession } from '../../session.ts'

/** `hedge clock`. */
export function clockCommand(): Command {
  const command = new Command('clock')
    .description("show and advance the merchant's clock of test mode")
    .addCommand(showCommand())
    .addCommand(advanceCommand())
  return withExamples(command, [['hedge clock advance 7d', 'let a week pass in test mode']])
}

function showCommand(): Command {
  const command = new Command('show').description("show the clock's time").action(
    withSession(async (session) => {
      session.show(await session.hedge.testClock.retrieve(), renderClock)
    }),
  )
  return withExamples(command, [['hedge clock show', 'show the time of test mode']])
}

function advanceCommand(): Command {
  const command = new Command('advance')
    .description('advance the clock: everything due until then happens')
    .argument('<time>', 'seconds, or a time like 30m, 24h or 7d; at most 366 days', parseSeconds)
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .addHelpText('after', '\nThe clock cannot go back. It is separate for each merchant.')
    .action(
      withSession<{ idempotencyKey?: string }>(async (session, { idempotencyKey }, [time = '']) => {
        const seconds = parseSeconds(time)
        const clock = await session.hedge.testClock.advance({ seconds }, { idempotencyKey })
        session.show(clock, renderClock)
      }),
    )
  return withExamples(command, [
    ['hedge clock advance 7d', 'let a week pass'],
    ['hedge clock advance 90', 'let 90 seconds pass'],
  ])
}

function renderClock({ now, offset_seconds: offset }: TestClockTime): string {
  return `${formatTime(now)} UTC  ${formatCount(offset)} s ahead of the real time`
}
