import { isCluster } from '../../database/cluster/cluster.ts'
import { commitStatement } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import { isStatementRefused } from '../../database/errors.ts'
import { accountKey, accountOf } from '../../domain/account.ts'
import { Batcher } from '../../jobs/batcher.ts'
import type { Outcome } from './attempt.ts'
import { recordOutcomes } from './record-outcomes.sql.ts'

/** Records the outcomes of deliveries. The result says whether the lease of the delivery was current. */
export type OutcomeBatcher = Batcher<Outcome, boolean>

/** Outcomes of one statement. */
const outcomesMax = 200

/** Creates the batcher that records concurrent outcomes in one statement. */
export function outcomeBatcher(db: Db): OutcomeBatcher {
  return new Batcher<Outcome, boolean>({
    run: async (batch) => {
      const recorded = await commitStatement('delivery', () => recordOutcomes(db, batch))
      return batch.map(({ delivery }) => recorded.has(delivery.id))
    },
    namesOf: ({ delivery }) => [delivery.id],
    isCausedByEntry: isStatementRefused,
    // In a cluster, a statement has the deliveries of one account.
    // Asked late: workers may be created before the first connection, which finds it.
    groupOf: ({ delivery }) => (isCluster(db) ? accountKey(accountOf(delivery)) : ''),
    sizeMax: outcomesMax,
    inFlightMax: 1,
    // No more outcomes wait than attempts may be in progress.
    waitingMax: Number.POSITIVE_INFINITY,
  })
}
