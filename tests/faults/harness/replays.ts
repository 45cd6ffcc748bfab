import type { Chance } from '../../support/chance.ts'
import type { Violation } from './checks.ts'
import { createSend } from './client.ts'
import { createJournal } from './journal.ts'
import type { World } from './world.ts'

/** Requests of a round that are sent once more: enough for one of each kind most of the time. */
const sampleSize = 24

/**
 * Sends some of the requests that were answered once more, each with its key, and compares the
 * bytes: what was told once is told for ever, by whichever process, and nothing is done again.
 */
export async function findChanged(
  { fleet, journal, sql }: Pick<World, 'fleet' | 'journal' | 'sql'>,
  chance: Chance,
): Promise<Violation[]> {
  const send = createSend({ fleet, journal: createJournal(), chance })
  const before = await countEvents(sql)
  const answered = journal.answered.filter(({ key, status }) => key !== null && isStored(status))
  const found: Violation[] = []
  for (let n = 0; n < sampleSize && answered.length > 0; n++) {
    const first = chance.pick(answered)
    const { kind, path, sent, key } = first
    const body = sent === null ? {} : { body: JSON.parse(sent) as object }
    const again = await send({ kind, path, ...body, ...(key === null ? {} : { key }) })
    if (again?.isReplay && again.status === first.status && again.text === first.text) continue
    const what = `${kind} was answered ${first.text}, and ${again?.text} when asked again`
    found.push({ kind: 'lost', what })
  }
  if ((await countEvents(sql)) !== before) {
    found.push({ kind: 'doubled', what: 'something was done again for a request sent again' })
  }
  return found
}

/** Source: api.md, Idempotency: what was executed, and what the payment's state has refused. */
function isStored(status: number): boolean {
  return status < 300 || status === 412
}

async function countEvents(sql: World['sql']): Promise<number> {
  const [row] = await sql.query('select count(*)::integer as count from events')
  return row.count
}
