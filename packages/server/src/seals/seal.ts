import type { Db } from '../database/db.ts'
import { StepSize } from '../database/statements/step-size.ts'
import { type Account, accountKey, accountOf } from '../domain/account.ts'
import { firstPreviousHash, hashSeal, packRows, rowsOf, type SealableEvent } from './rows.ts'
import { findNextEvents } from './sealable-events.sql.ts'
import {
  findHeads,
  type Head,
  insertSeals,
  lockProgress,
  readBacklog,
  type SealRow,
  saveProgress,
  waitForProgress,
} from './seals.sql.ts'

/** Events of one step: a tenth of a second of work, and a few megabytes. */
const sealedEventsPerStep = 2_000

/** The sizes of the steps of one worker. */
export const sealSteps = (): StepSize => new StepSize(sealedEventsPerStep)

/**
 * Seals the next events of all merchants that have settled: the relay has passed them, so no event can
 * appear before them any more. Each merchant and mode with events among them gets one seal, which contains
 * the hash of the seal before it. A merchant without events costs nothing.
 *
 * No transition writes a seal or waits for one: a cancel costs what it did. The row of the progress is
 * locked, so one process seals at a time, and the others skip it. A crash undoes a whole step. A step that
 * reaches the time limit of a statement is repeated with fewer events.
 *
 * @param steps the number of events of the step.
 * @returns the number of events that were sealed; 0: there were none, or another process seals.
 */
export async function sealNext(db: Db, steps = sealSteps()): Promise<number> {
  return await steps.run((limit) => seal(db, { limit, lock: lockProgress }))
}

/** Seals everything that has settled. Where another process seals, it waits for the end of its step. */
export async function sealAll(db: Db, limit = sealedEventsPerStep): Promise<void> {
  const steps = new StepSize(limit)
  const sealNow = () => steps.run((size) => seal(db, { limit: size, lock: waitForProgress }))
  while ((await sealNow()) > 0);
}

/** Seals the next events, at most `limit`. Returns their number. */
async function seal(
  db: Db,
  { limit, lock }: { limit: number; lock: typeof lockProgress },
): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const progress = await lock(tx)
    if (!progress || BigInt(progress.horizon) <= BigInt(progress.position)) return 0
    const { position: after, horizon } = progress
    const events = await findNextEvents(tx, { after, through: horizon, limit })
    const through = events.length === limit ? lastPosition(events) : horizon
    const groups = groupByAccount(events)
    const accounts = groups.map(({ account }) => account)
    const heads = new Map(
      (await findHeads(tx, accounts)).map((head) => [accountKey(accountOf(head)), head]),
    )
    const seals = groups.map((group) => {
      const head = heads.get(accountKey(group.account))
      return makeSeal({ ...group, through: BigInt(through), head })
    })
    await insertSeals(tx, seals)
    await saveProgress(tx, through)
    return events.length
  })
}

function lastPosition(events: readonly SealableEvent[]): string {
  return events.reduce(
    (last, { position }) => (BigInt(position) > BigInt(last) ? position : last),
    '0',
  )
}

/** The events of each merchant and mode. */
interface Group {
  readonly account: Account
  readonly events: SealableEvent[]
}

function groupByAccount(events: readonly SealableEvent[]): Group[] {
  const groups = new Map<string, Group>()
  for (const event of events) {
    const account = accountOf(event)
    const key = accountKey(account)
    const group = groups.get(key) ?? { account, events: [] }
    groups.set(key, group)
    group.events.push(event)
  }
  return [...groups.values()]
}

function makeSeal(given: Group & { through: bigint; head: Head | undefined }): SealRow {
  const { account, events, through, head } = given
  const rows = events.flatMap(rowsOf)
  const number = BigInt(head?.number ?? 0) + 1n
  const previousHash = head?.hash ?? firstPreviousHash
  return {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    number: String(number),
    through_position: String(through),
    events: events.length,
    transfers: rows.length - events.length,
    previous_hash: previousHash,
    hash: hashSeal({ ...account, number, previousHash, rows }),
    row_hashes: packRows(rows, through),
  }
}

/** Whether a step is worth its seals: it is full, or the last one was long ago. */
export async function isSealDue(db: Db, everySeconds: number): Promise<boolean> {
  const { waiting, idleSeconds } = await readBacklog(db)
  return waiting >= sealedEventsPerStep || (waiting > 0 && idleSeconds >= everySeconds)
}
