import type { Chance } from '../../../support/chance.ts'
import { createSend } from '../load/client.ts'
import { type Answered, createJournal, isStored } from '../load/journal.ts'
import type { World } from '../world/world.ts'
import type { Violation } from './checks.ts'

/** Random requests of a round that are sent again. Most samples contain each kind of request. */
const sampleSize = 24
/** Limit of requests with several answers that are sent again: a few seconds of requests. */
const repeatedMax = 200

/**
 * Sends some answered requests again with their keys. Each must get its first answer byte for byte,
 * from any server, and must cause no further event.
 */
export async function findChanged(
  { fleet, journal, sql }: Pick<World, 'fleet' | 'journal' | 'sql'>,
  chance: Chance,
): Promise<Violation[]> {
  const send = createSend({ fleet, journal: createJournal(), chance })
  const before = await countEvents(sql)
  const answered = journal.answered.filter((answer) => answer.key !== null && isStored(answer))
  const found: Violation[] = []
  for (const first of sampleOf(answered, chance)) {
    const { kind, path, sent, key } = first
    const body = sent === null ? {} : { body: JSON.parse(sent) as object }
    const again = await send({ kind, path, ...body, ...(key === null ? {} : { key }) })
    if (again?.isReplay && again.status === first.status && again.text === first.text) continue
    const what = `${kind} was answered ${first.text}, and when sent again ${again?.text}`
    found.push({ kind: 'lost', what })
  }
  if ((await countEvents(sql)) !== before) {
    found.push({ kind: 'doubled', what: 'a request that was sent again caused another event' })
  }
  return found
}

/** The newest requests that had several answers, and a random sample of all. */
function sampleOf(answered: readonly Answered[], chance: Chance): Answered[] {
  const times = new Map<string | null, number>()
  for (const { key } of answered) times.set(key, (times.get(key) ?? 0) + 1)
  const repeated = answered.filter(({ key }) => (times.get(key) ?? 0) > 1).slice(-repeatedMax)
  const others = Array.from({ length: answered.length > 0 ? sampleSize : 0 }, () =>
    chance.pick(answered),
  )
  return [...repeated, ...others]
}

async function countEvents(sql: World['sql']): Promise<number> {
  const [row] = await sql.query('select count(*)::integer as count from events')
  return row.count
}
