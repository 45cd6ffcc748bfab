import { auditActions } from '@hedgepayments/contract/values'
import type { AuditAction, AuditEntry } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { choices } from '../options/choices.ts'
import { type GivenTime, parseLimit, parseTime, resolveTime } from '../options/parse.ts'
import { withExamples } from '../output/examples.ts'
import { formatTime, shortTime } from '../output/format.ts'
import { showList } from '../output/list.ts'
import type { Column } from '../output/table.ts'
import { withSession } from '../session.ts'

interface AuditOptions {
  action?: AuditAction[]
  actor?: string
  target?: string
  after?: GivenTime
  before?: GivenTime
  limit: number
  startingAfter?: string
}

/** `hedge audit`. */
export function auditCommand(): Command {
  const actions = new Option(
    '--action <action>',
    'only this action; several with commas or repeated',
  )
  const command = new Command('audit')
    .description('list the audit log, newest first: keys, processors, endpoints, sign-ins')
    .addOption(choices(actions, auditActions))
    .option('--actor <id>', 'by this actor, like key_…')
    .option('--target <id>', 'on this object')
    .option('--after <time>', 'at or after: 2024-06-15, or an age like 24h', parseTime)
    .option('--before <time>', 'before; same formats', parseTime)
    .option('--limit <n>', 'maximum number', parseLimit, 20)
    .option('--starting-after <id>', 'only entries older than this one')
    .addHelpText('after', '\nNeeds a key with the scope merchants:write.')
    .action(
      withSession<AuditOptions>(async (session, options) => {
        const { after, before } = options
        // Entries have the real time, also in test mode.
        const range = { gte: after && resolveTime(after), lt: before && resolveTime(before) }
        const fetchFirst = (limit: number) =>
          session.hedge.auditLog.list({
            action: options.action,
            actor_id: options.actor,
            target_id: options.target,
            created_at: after || before ? range : undefined,
            limit,
            starting_after: options.startingAfter,
          })
        await showList(session, fetchFirst, {
          limit: options.limit,
          columns: auditColumns,
          empty: 'No entries.',
          hasCursor: true,
        })
      }),
    )
  return withExamples(command, [
    ['hedge audit --after 24h', 'list the actions of a day'],
    ['hedge audit --action api_key.created,api_key.revoked', 'list created and revoked keys'],
    ['hedge audit --action dashboard.sign_in_failed --json', 'for monitoring'],
  ])
}

/** The columns of the audit log. */
export const auditColumns: readonly Column<AuditEntry>[] = [
  {
    title: 'TIME (UTC)',
    value: (entry) => formatTime(entry.created_at),
    short: { title: 'TIME', value: (entry) => shortTime(entry.created_at) },
  },
  { title: 'ACTION', value: (entry) => entry.action },
  { title: 'TARGET', value: (entry) => entry.target.id },
  { title: 'BY', value: (entry) => actorOf(entry), widthMin: 12, leaveOut: 1 },
  { title: 'FROM', value: (entry) => entry.address ?? '', leaveOut: 2 },
  { title: 'DETAILS', value: detailsOf, widthMin: 16, leaveOut: 3 },
]

/** The actor: its id, or its type. */
export function actorOf({ actor }: AuditEntry): string {
  if (actor.type === 'api_key') return actor.id ?? ''
  return actor.id === null ? actor.type : `${actor.type} ${actor.id}`
}

/** Longer details are cut. `--json` shows all of them. */
const detailsLengthMax = 60

/** The details in one line, cut. */
export function detailsOf({ details }: AuditEntry): string {
  const given = Object.entries(details).filter(([, value]) => value !== null)
  const text = given.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')
  return text.length > detailsLengthMax ? `${text.slice(0, detailsLengthMax - 1)}…` : text
}
