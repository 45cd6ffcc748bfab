import type { Db } from '../database/db.ts'
import type { PaymentRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { plusSeconds } from '../domain/time.ts'
import { type Loop, startLoop } from '../jobs/loop.ts'
import { requestTask } from '../payments/tasks/tasks.sql.ts'
import type { Processor, Processors } from '../processors/interface/processor.ts'
import { claimSweep, findUnrecorded, finishSweep, registerSweep } from './sweeps.sql.ts'

/** How often an account's processor is asked for new disputes. Evidence is due after a week or more. */
const everySeconds = 3_600
/** A search begins so much earlier: the processor's clock differs, and a list may be behind. */
const overlapSeconds = 86_400
/** How often a process checks for due searches. */
const idleMs = 2_000
/** Deadline of a search. */
const timeoutMs = 20_000

/** Registers the account of a captured payment for searches, if its processor can search. */
export async function registerForSweeps(
  db: Db,
  row: PaymentRow,
  processor: Processor,
): Promise<void> {
  if (!processor.findDisputes) return
  await registerSweep(db, { account: accountOf(row), processor: processor.name })
}

/**
 * Starts the searches for disputes whose messages were lost: a payment is disputed months after its
 * settlement, when nothing else looks it up.
 */
export function startDisputeSweeps(given: {
  db: Db
  processors: Processors
  onError: (error: unknown) => void
}): Loop {
  const { db, processors, onError } = given
  return startLoop({ turn: () => sweep(db, processors), idleMs, onError })
}

/** Makes one search that is due. Returns whether there was one. */
async function sweep(db: Db, processors: Processors): Promise<boolean> {
  const claimed = await claimSweep(db, { everySeconds })
  if (!claimed) return false
  const account = accountOf(claimed)
  const processor = await processors.forSent(account, claimed.processor)
  const found = await processor.findDisputes?.({
    since: plusSeconds(claimed.since, -overlapSeconds),
    signal: AbortSignal.timeout(timeoutMs),
  })
  const unrecorded = await findUnrecorded(db, {
    account,
    processor: claimed.processor,
    found: found ?? [],
  })
  for (const row of unrecorded) await requestTask(db, { row, kind: 'dispute', afterSeconds: 0 })
  await finishSweep(db, claimed)
  return true
}
