import type { Db } from '../../database/db.ts'
import { type Account, accountOf } from '../../domain/account.ts'
import { earliest, plusSeconds } from '../../domain/time.ts'
import { type Loop, startLoop } from '../../jobs/loop.ts'
import type { Processors, Searches, SearchQuery } from '../../processors/interface/processor.ts'
import { handleProcessorMessage } from '../run/processor-message.ts'
import {
  claimSweep,
  findUnrecordedDisputes,
  findUnrecordedRefunds,
  finishSweep,
} from './sweeps.sql.ts'

/** How often an account's processor is asked for what is new. Evidence is due after a week or more. */
const everySeconds = 3_600
/** A search begins so much earlier: the processor's clock differs, and a list may be behind. */
const overlapSeconds = 3_600
/** The longest time of which one search reads the lists. After a failure of days, several follow. */
const spanSecondsMax = 6 * 3_600
/** Each failure halves it down to this, because the lists may be too long for one search. */
const spanSecondsMin = 600
/** How often a process checks for due searches. */
const idleMs = 2_000
/** Deadline of a search, and the pause after which one without an end is made again. */
const timeoutMs = 120_000
const againSeconds = 300

/**
 * Starts the searches for disputes and refunds by hand whose messages were lost: months after a payment's
 * settlement, nothing else looks it up.
 */
export function startSweeps(given: {
  db: Db
  processors: Processors
  onError: (error: unknown) => void
}): Loop {
  const { db, processors, onError } = given
  return startLoop({ turn: () => sweep(db, processors), idleMs, onError })
}

/** Makes one search that is due. Returns whether there was one. */
async function sweep(db: Db, processors: Processors): Promise<boolean> {
  const claimed = await claimSweep(db, { leaseSeconds: againSeconds })
  if (!claimed) return false
  const account = accountOf(claimed)
  const { searches } = await processors.forSent(account, claimed.processor)
  const spanSeconds = Math.max(spanSecondsMin, spanSecondsMax / 2 ** (claimed.tries - 1))
  const until = earliest(plusSeconds(claimed.since, spanSeconds), claimed.began_at)
  const query = {
    since: plusSeconds(claimed.since, -overlapSeconds),
    until,
    signal: AbortSignal.timeout(timeoutMs),
  }
  const of = { db, account, processor: claimed.processor }
  if (searches) await lookUpUnrecorded[claimed.subject](of, searches, query)
  await finishSweep(db, claimed, { until, everySeconds })
  return true
}

interface Of {
  readonly db: Db
  readonly account: Account
  readonly processor: string
}

/** Searches, and does what the lost messages would have done. */
const lookUpUnrecorded = {
  async disputes({ db, ...of }: Of, searches: Searches, query: SearchQuery): Promise<void> {
    const found = await searches.disputes(query)
    for (const paymentId of await findUnrecordedDisputes(db, { ...of, found })) {
      await handleProcessorMessage(db, { account: of.account, paymentId, about: 'dispute' })
    }
  },
  async refunds({ db, ...of }: Of, searches: Searches, query: SearchQuery): Promise<void> {
    const found = await searches.refunds(query)
    for (const paymentId of await findUnrecordedRefunds(db, { ...of, found })) {
      await handleProcessorMessage(db, { account: of.account, paymentId })
    }
  },
}
