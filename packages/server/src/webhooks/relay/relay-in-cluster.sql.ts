import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { type Account, groupByAccount } from '../../domain/account.ts'
import { readClusterHorizon } from '../../events/cluster-horizon.sql.ts'
import { testSubjectPrefix } from '../../events/event-id.ts'
import { claimedTime } from '../../lists/ids.sql.ts'
import { insertTimed, stepMax } from './insert-deliveries.sql.ts'

/** Events between two positions: the first exclusive, the last inclusive. */
interface Range {
  readonly after: string
  readonly through: string
}

/**
 * `relayEvents` in a cluster. It reads the next events of all nodes, and inserts the deliveries of each
 * account on the node of that account. All of it commits together: the coordinator, which has the row of the
 * relay, decides.
 */
export async function relayInCluster(db: Db): Promise<number> {
  const horizon = await readClusterHorizon(db)
  if (horizon === null) return 0
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ position: string }>`
      select position::text as position from event_relay for update skip locked`.execute(tx)
    const after = rows[0]?.position
    if (after === undefined || BigInt(horizon) <= BigInt(after)) return 0
    const events = await findNext(tx, { after, through: horizon })
    const last = events.at(-1)
    const through = events.length === stepMax && last ? last.position : horizon
    for (const [account] of groupByAccount(events)) {
      await insertOfAccount(tx, account, { after, through })
    }
    await sql`update event_relay set position = ${through}::bigint`.execute(tx)
    return Number(BigInt(through) - BigInt(after))
  })
}

async function findNext(tx: Db, range: Range) {
  const { rows } = await sql<{ merchant_id: string; livemode: boolean; position: string }>`
    select merchant_id, livemode, position::text as position from events
    where position > ${range.after}::bigint and position <= ${range.through}::bigint
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
