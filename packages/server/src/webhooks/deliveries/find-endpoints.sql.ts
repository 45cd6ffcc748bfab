import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'

/**
 * An endpoint, and for how many seconds every attempt has failed, by the database's clock. `null`:
 * the last attempt succeeded.
 */
export type EndpointWithHealth = EndpointRow & { readonly failing_seconds: number | null }

/** Reads the endpoints of deliveries, by their ids. */
export async function findEndpointsOf(
  db: Db,
  deliveries: readonly DeliveryRow[],
): Promise<Map<string, EndpointWithHealth>> {
  const keys = [...new Map(deliveries.map((row) => [row.endpoint_id, row])).values()]
  const { rows } = await sql<EndpointWithHealth>`
    select e.*, extract(epoch from now() - e.failing_since)::double precision as failing_seconds
    from unnest(${keys.map((key) => key.merchant_id)}::text[],
        ${keys.map((key) => key.livemode)}::boolean[],
        ${keys.map((key) => key.endpoint_id)}::text[]) as k (merchant_id, livemode, id)
      join webhook_endpoints e on e.merchant_id = k.merchant_id and e.livemode = k.livemode
        and e.id = k.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}
