import { setTimeout as sleep } from 'node:timers/promises'
import { type HedgeEvent, type HedgeEventType, InvalidRequestError } from '@hedgepayments/node'
import { Command, InvalidArgumentError } from 'commander'
import { usageError } from '../exit-codes.ts'
import { followOptions, stopOnSignal } from '../listen/follow.ts'
import { type Forwarded, forward } from '../listen/forward.ts'
import { type ListenState, listenSecret, openListenState } from '../listen/state.ts'
import { typeOption } from '../options/choices.ts'
import { withExamples } from '../output/examples.ts'
import { countOf } from '../output/format.ts'
import { paint, print, say } from '../output/terminal.ts'
import { type Session, withSession } from '../session.ts'

interface ListenOptions {
  forwardTo?: string
  events?: HedgeEventType[]
  skipMissed?: boolean
  printSecret?: boolean
}

/** `hedge listen`: forwards webhooks to a machine that the server cannot reach. */
export function listenCommand(): Command {
  const command = new Command('listen')
    .description('forward events as webhooks to a server on this machine')
    .option(
      '--forward-to <url>',
      'the target: http://localhost:3000/webhooks, or a port',
      parseTarget,
    )
    .addOption(typeOption('--events <type>'))
    .option('--skip-missed', 'begin now instead of after the last forwarded event')
    .option('--print-secret', 'print the signing secret and exit')
    .addHelpText(
      'after',
      `
Each event is signed and sent like a real webhook, in order, one at a time. The position is stored
in the data folder, for each key. After a restart, a sleep or a lost network, forwarding continues
there and misses nothing. While nothing listens at the target, forwarding waits. An event that your
server answers with an error is not sent again. The signing secret depends on the key only.`,
    )
    .action(
      withSession<ListenOptions>(async (session, options) => {
        const secret = listenSecret(session.apiSecret)
        if (options.printSecret) {
          session.show({ secret }, () => secret)
          return
        }
        if (options.forwardTo === undefined) {
          throw usageError('The target is missing: pass --forward-to.')
        }
        await listen(session, { ...options, url: options.forwardTo, secret })
      }),
    )
  return withExamples(command, [
    ['hedge listen --forward-to http://localhost:3000/webhooks', 'forward to your server'],
    [
      'hedge listen --forward-to 3000 --events payment.canceled,payment.succeeded',
      'only some types',
    ],
    ['export HEDGE_WEBHOOK_SECRET=$(hedge listen --print-secret)', "set your server's secret"],
  ])
}

interface Target {
  readonly url: string
  readonly secret: string
  readonly events?: HedgeEventType[]
  readonly skipMissed?: boolean
}

async function listen(session: Session, target: Target): Promise<void> {
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
    const isTaken = result.status !== null && result.status >= 200 && result.status <= 299
    counts[isTaken ? 'forwarded' : 'failed'] += 1
    await state.write(event.id)
  }
  const failed =
    counts.failed > 0 ? `, ${countOf(counts.failed, 'time')} answered with an error` : ''
  if (!session.json) say(`Stopped: ${countOf(counts.forwarded, 'event')} forwarded${failed}.`)
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

/** Forwards an event. Waits while the target does not listen. `null`: stopped by a signal. */
async function deliver(
  session: Session,
  given: { event: HedgeEvent; target: Target; signal: AbortSignal },
): Promise<Forwarded | null> {
  const { event, target, signal } = given
  for (let waitMs = 250, hasWarned = false; ; waitMs = Math.min(waitMs * 2, 2_000)) {
    const result = await forward(event, { ...target, signal })
    if (signal.aborted) return null
    const isAbsent = result.status === null && result.reason === 'nothing listens there'
    if (!isAbsent) {
      report(session, event, result)
      return result
    }
    if (!hasWarned && !session.json) {
      say(paint('yellow', `Nothing listens at ${target.url}: waiting for it …`, process.stderr))
    }
    hasWarned = true
    await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return null
  }
}

function greet(session: Session, target: Target, lastEventId: string | null | undefined): void {
  if (session.json) {
    print(JSON.stringify({ object: 'listener', url: target.url, secret: target.secret }))
    return
  }
  print(`Forwarding events of ${session.hedge.baseUrl} to ${target.url}`)
  print(`Signing with ${paint('bold', target.secret)}`)
  print(
    typeof lastEventId !== 'string'
      ? 'Beginning now. Ctrl-C stops.'
      : `Continuing after ${lastEventId}. Ctrl-C stops. --skip-missed would begin now.`,
  )
}

function report(session: Session, event: HedgeEvent, result: Forwarded): void {
  if (session.json) {
    const { id, type } = event
    print(JSON.stringify({ object: 'forwarded_event', event_id: id, type, ...result }))
    return
  }
  const isTaken = result.status !== null && result.status >= 200 && result.status <= 299
  const answer = paint(
    isTaken ? 'green' : 'red',
    String(result.status ?? `failed: ${result.reason}`),
  )
  const time = new Date().toTimeString().slice(0, 8)
  print(`${time}  ${event.type.padEnd(26)}  ${event.data.id}  ${answer}  ${result.durationMs} ms`)
}

function parseTarget(value: string): string {
  const text = /^\d{1,5}$/.test(value) ? `http://localhost:${value}/` : value
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new InvalidArgumentError('Expected an address like http://localhost:3000/webhooks.')
}
