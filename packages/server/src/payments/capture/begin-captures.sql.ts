import { CompiledQuery } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { prepared } from '../../database/hosts/prepared.ts'
import {
  type EntryColumn,
  onNodeOfEntries,
  rowsOfEntries,
  valuesOfEntries,
} from '../../database/statements/entries.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { bySystem } from '../tasks/work.ts'
import { capturableList } from '../transition/rows/succeed-rows.sql.ts'

/** A first capture that is about to be called. */
export interface BeginEntry {
  readonly task: ClaimedTask
  readonly processor: string
  readonly processorKey: string
  readonly now: Timestamp
}

/** A call that was recorded, with what its result is recorded with. */
export interface BegunCapture {
  /** The number of the attempt. */
  readonly number: number
  /** The merchant's own fees; `null`: the server's. */
  readonly feeBasisPoints: number | null
  readonly feeFixedMinor: number | null
}

const columns: readonly EntryColumn<BeginEntry>[] = [
  ['merchant_id', 'text', ({ task }) => task.merchant_id],
  ['livemode', 'boolean', ({ task }) => task.livemode],
  ['payment_id', 'text', ({ task }) => task.payment_id],
  ['kind', 'text', ({ task }) => task.kind],
  ['lease', 'text', ({ task }) => task.lease],
  ['processor', 'text', ({ processor }) => processor],
  ['processor_key', 'text', ({ processorKey }) => processorKey],
  ['now', 'timestamptz', ({ now }) => now],
]

// The statement, in order: lock the claims, as `insertAttempt` does, find what fits, insert the calls.
//
// The claim came before the statement. So the snapshot contains every call that an earlier worker has
// recorded: its statements needed its own claim.
//
// Tasks that another transaction has locked are skipped. If the statement waited, one of them would delay
// the captures of all merchants, and statements with several locks could wait for each other.
const statementOf = ({ isCluster }: { isCluster: boolean }) => {
  const onNode = (name: string) => (isCluster ? onNodeOfEntries(name, columns) : '')
  return `
with request as materialized (
  ${rowsOfEntries(columns)}
), claimed as materialized (
  select r.n from request r cross join lateral (
    select from payment_tasks t
    where t.merchant_id = r.merchant_id and t.livemode = r.livemode and t.payment_id = r.payment_id
      and t.kind = r.kind and t.lease = r.lease${onNode('t')}
    for share skip locked
  ) t
), fit as materialized (
  select r.*, a.number from request r join claimed c on c.n = r.n
    cross join lateral (
      select from payments p
      where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id
        and p.status in (${capturableList})${onNode('p')}
      limit 1
    ) p
    cross join lateral (
      select coalesce(max(a.number), 0) + 1 as number,
        coalesce(bool_or(a.outcome is null or a.kind = 'capture'), false) as is_called
      from payment_attempts a
      where a.merchant_id = r.merchant_id and a.livemode = r.livemode
        and a.payment_id = r.payment_id${onNode('a')}
    ) a
  where not a.is_called
), begun as (
  insert into payment_attempts (merchant_id, livemode, payment_id, number, kind, processor,
    processor_key, actor_type, actor_id, started_at)
  select merchant_id, livemode, payment_id, number, 'capture', processor, processor_key,
    '${bySystem.type}', null, now
  from fit order by n
  on conflict do nothing
  returning merchant_id, livemode, payment_id, number
)
select f.n::integer as n, b.number, m.fee_basis_points as "feeBasisPoints",
  m.fee_fixed_minor as "feeFixedMinor"
from fit f
  join begun b on b.merchant_id = f.merchant_id and b.livemode = f.livemode
    and b.payment_id = f.payment_id
  join merchants m on m.id = f.merchant_id`
}

const texts = {
  one: prepared('begin-captures', statementOf({ isCluster: false })),
  cluster: prepared('begin-captures-in-cluster', statementOf({ isCluster: true })),
}

/**
 * Records the first capture calls of payments that are `processing`, before they are made. No two entries
 * may have the same payment. In a cluster, all entries have the same merchant and mode.
 *
 * @returns the calls in the order of the entries. `null`: nothing was recorded. The claim is lost, or the
 *   payment has another status or a call that is open, or a capture was called before.
 */
export async function beginCaptures(
  db: Db,
  entries: readonly BeginEntry[],
): Promise<(BegunCapture | null)[]> {
  const [first] = entries
  const inCluster = isCluster(db)
  const values: unknown[] = valuesOfEntries(columns, entries)
  if (inCluster && first) values.push(first.task.merchant_id, first.task.livemode)
  const { rows } = await db.executeQuery<BegunCapture & { n: number }>(
    CompiledQuery.raw(inCluster ? texts.cluster : texts.one, values),
  )
  const begun = new Array<BegunCapture | null>(entries.length).fill(null)
  for (const { n, ...capture } of rows) begun[n - 1] = capture
  return begun
}
