import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEntry, ConnectionError, PermissionError, ServerError } from '@hedgepayments/node'
import { Command } from 'commander'
import { followOptions, stopOnSignal } from '../../listen/follow.ts'
import { withExamples } from '../../output/examples.ts'
import { formatTime } from '../../output/format.ts'
import { pageSizeMax } from '../../output/list.ts'
import { renderEventLine } from '../../output/payment-view.ts'
import { paint, say } from '../../output/terminal.ts'
import { type Session, withSession } from '../../session.ts'
import { actorOf, detailsOf } from '../audit.ts'

/** The audit log has no stream. Its actions are rare, so a poll every two seconds is enough. */
const auditPollMs = 2_000

/** `hedge logs tail`. */
export function tailCommand(): Command {
  const command = new Command('tail')
    .description('print events and audit records as they come, until Ctrl-C')
    .addHelpText(
      'after',
      `
Shows, in the mode of the key and from now on:
  - every event, as \`hedge events tail\` does: each change of a payment, with its cause
  - every record of the audit log, as \`hedge audit\` does: keys, processors, endpoints, sign-ins.
    They are read every two seconds and need the scope merchants:write; without it, only events.
It does not show reads, refused requests, or the server's own log, which the API does not have.
With --json each line is an event or an audit_entry, as its field object says.`,
    )
    .action(
      withSession(async (session) => {
        const { signal } = stopOnSignal()
        const event = await newestEvent(session)
        const entry = await newestEntry(session)
        if (!session.json) say(`Watching ${session.hedge.baseUrl}. Ctrl-C stops.`)
        const failed = new AbortController()
        const stop = AbortSignal.any([signal, failed.signal])
        const tails = [tailEvents(session, { after: event, signal: stop })]
        if (entry !== undefined) tails.push(tailAudit(session, { after: entry, signal: stop }))
        // The first failure ends the other one.
        await Promise.all(tails.map((tail) => tail.finally(() => failed.abort())))
      }),
    )
  return withExamples(command, [
    ['hedge logs tail', 'watch everything'],
    ['hedge logs tail --json | jq -c .', 'one JSON line per event or record'],
  ])
}

/** The newest event's id; `null`: there is no event yet. */
async function newestEvent({ hedge }: Session): Promise<string | null> {
  return (await hedge.events.list({ limit: 1 })).data[0]?.id ?? null
}

/** The newest entry's id; `null`: there is no entry yet; `undefined`: the key may not read the log. */
async function newestEntry({ hedge }: Session): Promise<string | null | undefined> {
  try {
    return (await hedge.auditLog.list({ limit: 1 })).data[0]?.id ?? null
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    const text = 'The key lacks the scope merchants:write: the audit log is not shown.'
    say(paint('yellow', text, process.stderr))
    return undefined
  }
}

interface Start {
  readonly after: string | null
  readonly signal: AbortSignal
}

async function tailEvents(session: Session, { after, signal }: Start): Promise<void> {
  const options = { ...followOptions(session), lastEventId: after, signal }
  for await (const event of session.hedge.events.stream(options)) {
    session.showLine(event, renderEventLine)
  }
}

async function tailAudit(session: Session, { after, signal }: Start): Promise<void> {
  let last = after
  while (!signal.aborted) {
    await sleep(auditPollMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const entries = await newerThan(session, last)
    for (const entry of entries) session.showLine(entry, renderAuditLine)
    last = entries.at(-1)?.id ?? last
  }
}

/** The entries after `after`, oldest first. Empty while the server is unreachable. */
async function newerThan({ hedge }: Session, after: string | null): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  try {
    for (let from = after ?? undefined, hasMore = true; hasMore; ) {
      const page = await hedge.auditLog.list({ ending_before: from, limit: pageSizeMax })
      entries.push(...page.data.toReversed())
      from = entries.at(-1)?.id ?? from
      // Without a position the page is the newest one, and there was no entry before.
      hasMore = page.has_more && after !== null
    }
  } catch (error) {
    if (!(error instanceof ConnectionError || error instanceof ServerError)) throw error
  }
  return entries
}

function renderAuditLine(entry: AuditEntry): string {
  const { created_at: at, action, target } = entry
  const who = `by ${actorOf(entry) || 'unknown'}`
  return [formatTime(at), action.padEnd(26), target.id, who, detailsOf(entry)]
    .filter(Boolean)
    .join('  ')
}
