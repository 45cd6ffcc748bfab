import { sql } from 'kysely'
import type { Db } from '../../../database/db.ts'
import type { DeliveryRow } from '../../../database/webhook-rows.ts'
import { type Account, accountKey, groupByAccount } from '../../../domain/account.ts'
import { leaseEnd } from '../../../jobs/lease.sql.ts'
import { newLease } from '../../../jobs/lease.ts'
import { type ClaimLimits, leaseSeconds } from './claim-limits.ts'

/** The key of an endpoint with due deliveries. */
interface DueEndpoint {
  merchant_id: string
  livemode: boolean
  endpoint_id: string
}

/**
 * Claims due deliveries in a cluster, where no statement locks rows of several nodes: it finds the endpoints
 * with due deliveries on all nodes, and claims account by account. Those with the fewest attempts come first,
 * and each gets an equal part of what is left at most.
 */
export async function claimInCluster(db: Db, limits: ClaimLimits): Promise<DeliveryRow[]> {
  const counts = new Map(limits.usage.map((used) => [accountKey(used), used.count]))
  const countOf = (account: Account) => counts.get(accountKey(account)) ?? 0
  const due = groupByAccount(await findDueEndpoints(db)).toSorted(
    ([one], [other]) => countOf(one) - countOf(other),
  )
  const claimed: DeliveryRow[] = []
  let testLeft = limits.testLimit
  for (const [n, [account, endpoints]] of due.entries()) {
    const perAccount = account.livemode ? limits.perLiveAccount : limits.perTestAccount
    const part = Math.ceil((limits.limit - claimed.length) / (due.length - n))
    const left = account.livemode ? part : Math.min(part, testLeft)
    const limit = Math.min(left, perAccount - countOf(account))
    if (limit <= 0) continue
    const rows = await claimOfAccount(db, { account, endpoints, limit, limits })
    if (!account.livemode) testLeft -= rows.length
    claimed.push(...rows)
  }
  return claimed
}

/** Reads one entry of the index of due deliveries for each endpoint. */
async function findDueEndpoints(db: Db): Promise<DueEndpoint[]> {
  const { rows } = await sql<DueEndpoint>`
    select e.merchant_id, e.livemode, e.id as endpoint_id from webhook_endpoints e
    where exists (
      select 1 from webhook_deliveries d
      where d.merchant_id = e.merchant_id and d.livemode = e.livemode and d.endpoint_id = e.id
        and d.status = 'pending' and d.due_at <= now())`.execute(db)
  return rows
}

/** Claims deliveries of some endpoints of an account. `claim.sql.ts` explains which. */
async function claimOfAccount(
  db: Db,
  request: {
    account: Account
    endpoints: readonly DueEndpoint[]
    limit: number
    limits: ClaimLimits
  },
): Promise<DeliveryRow[]> {
  const { account, limit, limits } = request
  const capacities = new Map(limits.endpoints.map((e) => [e.endpointId, e.available]))
  const ids = request.endpoints.map((row) => row.endpoint_id)
  const available = ids.map((id) => Math.min(limit, capacities.get(id) ?? limits.perEndpoint))
  const ofAccount = (name: string) => sql`${sql.ref(`${name}.merchant_id`)} = ${account.merchantId}
    and ${sql.ref(`${name}.livemode`)} = ${account.livemode}`
  const { rows } = await sql<DeliveryRow>`
    update webhook_deliveries d
    set lease = ${newLease()}, due_at = ${leaseEnd(leaseSeconds)}, planned_again = false
    from (
      select due.id from unnest(${ids}::text[], ${available}::integer[]) as e (endpoint_id, available)
        cross join lateral (
          select d.id, d.due_at, d.position from webhook_deliveries d
          where ${ofAccount('d')} and d.endpoint_id = e.endpoint_id
            and d.status = 'pending' and d.due_at <= now()
            and (d.attempts > 0 or not exists (
              select 1 from webhook_deliveries earlier
              where ${ofAccount('earlier')} and earlier.endpoint_id = d.endpoint_id
                and earlier.subject_id = d.subject_id and earlier.position < d.position
                and earlier.status = 'pending' and earlier.attempts = 0))
          order by d.due_at, d.position limit e.available
          for update skip locked
        ) due
      order by due.due_at, due.position limit ${limit}
    ) picked
    where ${ofAccount('d')} and d.id = picked.id
    returning d.*`.execute(db)
  return rows
}
