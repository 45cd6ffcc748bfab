import type { AuditAction, AuditEntry } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { withExamples } from '../examples.ts'
import { choices, parseTime } from '../filters.ts'
import { formatTime, shortTime } from '../format.ts'
import { collect, pageSizeMax, parseLimit, showList } from '../list.ts'
import { withSession } from '../session.ts'
import type { Column } from '../table.ts'
import { harmless } from '../terminal.ts'
import { auditActions } from '../words.ts'

interface AuditOptions {
  action?: AuditAction[]
  actor?: string
  target?: string
  after?: string
  before?: string
  limit: number
  startingAfter?: string
}

/** `hedge audit`. */
export function auditCommand(): Command {
  const actions = new Option('--action <action>', 'of this kind; several with commas, or repeated')
  const command = new Command('audit')
    .description('what administrators did: keys, processors, endpoints, sign-ins; newest first')
    .addOption(choices(actions, auditActions))
    .option('--actor <id>', 'by this key, key_…')
    .option('--target <id>', 'done to this')
    .option('--after <time>', 'at or after: 2024-06-15, or an age like 24h', parseTime)
    .option('--before <time>', 'before (as above)', parseTime)
    .option('--limit <n>', 'how many', parseLimit, 20)
    .option('--starting-after <id>', 'only those older than this entry')
    .addHelpText('after', '\nNeeds a key with the scope merchants:write.')
    .action(
      withSession<AuditOptions>(async (session, options) => {
        const { after: gte, before: lt, limit } = options
        const page = session.hedge.auditLog.list({
          action: options.action,
          actor_id: options.actor,
          target_id: options.target,
          created_at: gte !== undefined || lt !== undefined ? { gte, lt } : undefined,
          limit: Math.min(limit, pageSizeMax),
          starting_after: options.startingAfter,
        })
        const list = await collect(page, limit)
        showList(session, list, {
          columns: auditColumns,
          empty: 'Nothing.',
          more: `There is more: --starting-after ${list.data.at(-1)?.id}, or a larger --limit.`,
        })
      }),
    )
  return withExamples(command, [
    ['hedge audit --after 24h', 'of a day'],
    ['hedge audit --action api_key.created,api_key.revoked', 'who made and ended keys'],
    ['hedge audit --action dashboard.sign_in_failed --json', 'for a program that watches'],
  ])
}

/** An entry in a table. */
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

function actorOf({ actor }: AuditEntry): string {
  if (actor.type === 'api_key') return actor.id ?? ''
  return actor.id === null ? actor.type : `${actor.type} ${actor.id}`
}

/** Longer ones are shown by `--json`. */
const detailsLengthMax = 60

/** Names that somebody chose are in here. */
function detailsOf({ details }: AuditEntry): string {
  const given = Object.entries(details).filter(([, value]) => value !== null)
  const text = harmless(given.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' '))
  return text.length > detailsLengthMax ? `${text.slice(0, detailsLengthMax - 1)}…` : text
}
