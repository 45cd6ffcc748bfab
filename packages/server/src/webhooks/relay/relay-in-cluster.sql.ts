import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { type Account, groupByAccount } from '../../domain/account.ts'
import { testSubjectPrefix } from '../../events/event-id.ts'
import { endOfUnbroken } from '../../events/horizon.sql.ts'
import { claimedTime } from '../../lists/ids.sql.ts'
import { readLastPosition } from './cluster-fence.sql.ts'
import { type ClusterFence, fenceOf } from './cluster-fence.ts'
import { insertTimed, stepMax } from './insert-deliveries.sql.ts'

/** Events between two positions: the first exclusive, the last inclusive. */
interface Range {
  readonly after: string
  readonly through: string
}

/** What a step has done. */
interface Step {
  /** How many positions it has passed. */
  readonly passed: number
  /** Whether it has ended at a position without an event. */
  readonly isAtGap: boolean
}

/**
 * `relayEvents` in a cluster. It reads the next events of all nodes, and inserts the deliveries of each
 * account on the node of that account. All of it commits together: the coordinator, which has the row of the
 * relay, decides. Positions without a gap need no fence. At a gap, it asks the fence (`cluster-fence.ts`).
 */
export async function relayInCluster(db: Db): Promise<number> {
  const fence = fenceOf(db)
  const { passed, isAtGap } = await relayNext(db, fence)
  if (passed > 0 || !isAtGap) return passed
  await fence.advance(db)
  return (await relayNext(db, fence)).passed
}

/** Relays the next events, up to the first gap that is behind the fence. */
async function relayNext(db: Db, clusterFence: ClusterFence): Promise<Step> {
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ position: string }>`
      select position::text as position from event_relay for update skip locked`.execute(tx)
    // Another process relays.
    if (!rows[0]) return { passed: 0, isAtGap: false }
    const after = BigInt(rows[0].position)
    const { position: last, startedAt } = await readLastPosition(tx)
    const fence = clusterFence.passedSince(startedAt)
    if (last <= after) return { passed: 0, isAtGap: false }
    const events = await findNext(tx, after)
    const through = endOfStep(after, { events, fence })
    if (through > after) {
      const passed = events.filter(({ position }) => BigInt(position) <= through)
      const range = { after: String(after), through: String(through) }
      for (const [account] of groupByAccount(passed)) await insertOfAccount(tx, account, range)
      await sql`update event_relay set position = ${range.through}::bigint`.execute(tx)
    }
    return { passed: Number(through - after), isAtGap: through === after }
  })
}

/** The last position that a step may pass. The fence was read before the events. */
function endOfStep(
  after: bigint,
  { events, fence }: { events: readonly { position: string }[]; fence: bigint },
): bigint {
  const unbroken = endOfUnbroken(
    after,
    events.map(({ position }) => position),
  )
  // Behind a full step, there may be more events.
  const last = events.length === stepMax ? BigInt(events.at(-1)?.position ?? after) : fence
  const fenced = fence < last ? fence : last
  return fenced > unbroken ? fenced : unbroken
}

async function findNext(tx: Db, after: bigint) {
  const { rows } = await sql<{ merchant_id: string; livemode: boolean; position: string }>`
    select merchant_id, livemode, position::text as position from events
    where position > ${String(after)}::bigint
    order by events.position limit ${stepMax}`.execute(tx)
  return rows
}

async function insertOfAccount(tx: Db, account: Account, { after, through }: Range): Promise<void> {
  const { merchantId, livemode } = account
  const { rows: endpoints } = await sql`
    select 1 from webhook_endpoints
    where merchant_id = ${merchantId} and livemode = ${livemode} and enabled limit 1`.execute(tx)
  if (endpoints.length === 0) return
  await sql`
    with wanted as materialized (
      select a.position, a.merchant_id, a.livemode, a.subject_id, a.sequence, a.type, e.id as endpoint_id
      from events a join webhook_endpoints e
        on e.merchant_id = a.merchant_id and e.livemode = a.livemode
          and e.enabled and case
            when starts_with(a.subject_id, ${testSubjectPrefix}) and a.state ? 'endpoint_id'
              then e.id = a.state ->> 'endpoint_id'
            else e.events && array['*', a.type] end
      where a.merchant_id = ${merchantId} and a.livemode = ${livemode}
        and a.position > ${after}::bigint and a.position <= ${through}::bigint
    ), ${insertTimed(await claimTime(tx, account))}
    select 1`.execute(tx)
}

/**
 * Claims the time of the deliveries' ids before their statement, on the coordinator: there are the locks that
 * lists read (`lists/ids.sql.ts`).
 */
export async function claimTime(tx: Db, account: Account) {
  const { rows } = await sql<{ time: string }>`
    select ${claimedTime('delivery', account)} as time`.execute(tx)
  return sql<string>`${rows[0]?.time}::text`
}
