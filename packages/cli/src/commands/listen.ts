import { type HedgeEventType, InvalidRequestError } from '@hedgepayments/node'
import { Command } from 'commander'
import { usageError } from '../exit-codes.ts'
import { deliver, isAccepted } from '../listen/deliver.ts'
import { followOptions, stopOnSignal } from '../listen/follow.ts'
import type { ForwardTarget } from '../listen/forward.ts'
import { type ListenState, listenSecret, openListenState } from '../listen/state.ts'
import { parseTarget } from '../listen/target.ts'
import { typeOption } from '../options/choices.ts'
import { withExamples } from '../output/examples.ts'
import { countOf } from '../output/format.ts'
import { renderEventLine } from '../output/payment-view.ts'
import { paint, say } from '../output/terminal.ts'
import { type Session, withSession } from '../session.ts'

interface ListenOptions {
  forwardTo?: string
  events?: HedgeEventType[]
  skipMissed?: boolean
  skipVerify?: boolean
  printSecret?: boolean
}

/** `hedge listen`: forwards webhooks to a machine that the server cannot reach. */
export function listenCommand(): Command {
  const command = new Command('listen')
    .description('forward events as webhooks to a server on this machine, or print them')
    .option(
      '--forward-to <target>',
      'a port, localhost:3000/webhooks, or a URL (default: print the events)',
      parseTarget,
    )
    .addOption(typeOption('--events <type>'))
    .option('--skip-missed', 'begin now instead of after the last forwarded event')
    .option('--skip-verify', 'accept any certificate of an https target')
    .option('--print-secret', 'print the signing secret and exit')
    .addHelpText('after', explanation)
    .action(
      withSession<ListenOptions>(async (session, options) => {
        const { forwardTo, skipMissed, skipVerify, printSecret } = options
        const secret = listenSecret(session.apiSecret)
        if (printSecret) {
          session.show({ object: 'listener', url: null, secret }, () => secret)
        } else if (forwardTo !== undefined) {
          await forwardAll(session, { ...options, url: forwardTo, secret })
        } else if (skipMissed || skipVerify) {
          throw usageError('--skip-missed and --skip-verify need --forward-to.')
        } else {
          await printAll(session, options, secret)
        }
      }),
    )
  return withExamples(command, [
    ['hedge listen', 'print events as they happen'],
    ['hedge listen --forward-to localhost:3000/webhooks', 'forward to your server'],
    [
      'hedge listen --forward-to 3000 --events payment.canceled,payment.succeeded',
      'only some types',
    ],
    ['hedge listen --forward-to https://localhost:3000 --skip-verify', 'self-signed certificate'],
    ['export HEDGE_WEBHOOK_SECRET=$(hedge listen --print-secret)', "set your server's secret"],
  ])
}

const explanation = `
Each event is signed and sent like a real webhook, in order, one at a time. The position is stored
in the data folder, for each key. After a restart, a sleep or a lost network, forwarding continues
there and misses nothing. An event is sent until your server answers: while there is no HTTP answer
(nothing listens, a timeout, a broken connection), forwarding waits and tries again. An event that
your server answers with an error is not sent again. The signing secret depends on the key only.

Without --forward-to, events are printed from now on, and no position is stored. With --json each
line is an object: listener, then forwarded_event or delayed_event, or event without --forward-to.`

interface Target extends ForwardTarget {
  readonly events?: HedgeEventType[]
  readonly skipMissed?: boolean
}

async function forwardAll(session: Session, target: Target): Promise<void> {
  const stop = stopOnSignal()
  const state = openListenState(session)
  const counts = { forwarded: 0, failed: 0 }
  const lastEventId = target.skipMissed ? undefined : await findPosition(session, state)
  const from = lastEventId === undefined ? await startNow(session, state) : lastEventId
  greet(session, target, lastEventId)
  const stream = session.hedge.events.stream({
    ...followOptions(session),
    type: target.events,
    lastEventId: from,
    signal: stop.signal,
  })
  for await (const event of stream) {
    const result = await deliver(session, { event, target, signal: stop.signal })
    // Stopped before the answer. The next start sends the event again, so that it is not lost.
    if (result === null) break
    counts[isAccepted(result) ? 'forwarded' : 'failed'] += 1
    await state.write(event.id)
  }
  const failed =
    counts.failed > 0 ? `, ${countOf(counts.failed, 'time')} answered with an error` : ''
  if (!session.json) say(`Stopped: ${countOf(counts.forwarded, 'event')} forwarded${failed}.`)
}

/** Prints events from now on, until a signal. */
async function printAll(session: Session, options: ListenOptions, secret: string): Promise<void> {
  const stop = stopOnSignal()
  // Read before the greeting, so that every event after the greeting is printed.
  const newest = (await session.hedge.events.list({ limit: 1 })).data[0]?.id ?? null
  const { baseUrl } = session.hedge
  session.showLine({ object: 'listener', url: null, secret }, () =>
    [
      `Printing events of ${baseUrl}. Ctrl-C stops.`,
      '--forward-to sends them to your server.',
    ].join('\n'),
  )
  const stream = session.hedge.events.stream({
    ...followOptions(session),
    type: options.events,
    lastEventId: newest,
    signal: stop.signal,
  })
  for await (const event of stream) session.showLine(event, renderEventLine)
}

/** The last forwarded event. `undefined` if the server does not know it, as after a new database. */
async function findPosition(session: Session, state: ListenState) {
  const id = await state.read()
  if (id === undefined || id === null) return id
  try {
    await session.hedge.events.list({ ending_before: id, limit: 1 })
    return id
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error
    say(paint('yellow', 'The server does not know the last forwarded event. Beginning now.'))
    return undefined
  }
}

/** Stores the newest event as the position, so that a stop before the next event loses nothing. */
async function startNow(session: Session, state: ListenState): Promise<string | null> {
  const newest = (await session.hedge.events.list({ limit: 1 })).data[0]?.id ?? null
  await state.write(newest)
  return newest
}

function greet(session: Session, target: Target, lastEventId: string | null | undefined): void {
  const { url, secret } = target
  session.showLine({ object: 'listener', url, secret }, (listener) =>
    [
      `Forwarding events of ${session.hedge.baseUrl} to ${listener.url}`,
      `Signing with ${paint('bold', listener.secret)}`,
      typeof lastEventId !== 'string'
        ? 'Beginning now. Ctrl-C stops.'
        : `Continuing after ${lastEventId}. Ctrl-C stops. --skip-missed would begin now.`,
    ].join('\n'),
  )
}
