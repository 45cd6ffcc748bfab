import { setTimeout as sleep } from 'node:timers/promises'
import type { HedgeEvent } from '@hedgepayments/node'
import { harmless, paint, print, say } from '../output/terminal.ts'
import type { Session } from '../session.ts'
import { type Forwarded, type ForwardTarget, forward } from './forward.ts'

/** The pause before an event is sent again. */
const retryMs = { first: 250, max: 2_000 }

/** An event that the local server has answered. */
type Answered = Extract<Forwarded, { status: number }>

/**
 * Forwards an event until the local server answers with any HTTP status, and reports the answer.
 * `null`: stopped by the signal before an answer.
 */
export async function deliver(
  session: Session,
  given: { event: HedgeEvent; target: ForwardTarget; signal: AbortSignal },
): Promise<Answered | null> {
  const { event, target, signal } = given
  let warned = ''
  for (let waitMs = retryMs.first; ; waitMs = Math.min(waitMs * 2, retryMs.max)) {
    const result = await forward(event, { ...target, signal })
    if (result.status !== null) {
      report(session, event, result)
      return result
    }
    if (signal.aborted) return null
    if (result.reason !== warned) warn(session, { event, target, reason: result.reason })
    warned = result.reason
    await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return null
  }
}

/** Whether the local server has accepted the event. */
export function isAccepted({ status }: Answered): boolean {
  return status >= 200 && status <= 299
}

function warn(
  session: Session,
  { event, target, reason }: { event: HedgeEvent; target: ForwardTarget; reason: string },
): void {
  if (session.json) {
    const { id, type } = event
    const line = { object: 'delayed_event', event_id: id, type, status: null, reason }
    session.showLine(line, () => '')
    return
  }
  const head = `${event.type} ${event.data.id}`
  const text = `${head}: ${target.url} gives no answer (${reason}): waiting for it …`
  say(paint('yellow', harmless(text), process.stderr))
}

function report(session: Session, event: HedgeEvent, result: Answered): void {
  if (session.json) {
    const { id, type } = event
    const { status, durationMs } = result
    const line = { object: 'forwarded_event', event_id: id, type, status, duration_ms: durationMs }
    session.showLine(line, () => '')
    return
  }
  const answer = paint(isAccepted(result) ? 'green' : 'red', String(result.status))
  const time = new Date().toTimeString().slice(0, 8)
  const head = `${time}  ${event.type.padEnd(26)}  ${event.data.id}`
  print(`${harmless(head)}  ${answer}  ${result.durationMs} ms`)
}
