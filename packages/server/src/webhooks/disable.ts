import type { EventType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../database/connect.ts'
import type { EndpointRow } from '../database/webhook-rows.ts'
import { toTimestamp } from '../time.ts'
import { isGone } from './attempt.ts'
import { disableEndpoint, failPending } from './endpoints.sql.ts'
import type { Outcome } from './queue.sql.ts'
import { renderEndpoint } from './render.ts'

/**
 * Days for which every attempt fails before an endpoint is disabled. In live mode, long enough for
 * a weekend and a holiday. In test mode a day: the machine of a developer sleeps at night.
 */
const failingDaysMax = { live: 5, test: 1 } as const

const eventType: EventType = 'webhook_endpoint.disabled'

/**
 * Disables an endpoint that has answered 410, or that has failed for days, with an event that says
 * so. What was waiting for it is failed: it can be sent again once somebody has mended it.
 */
export async function disableWhenHopeless(
  db: Db,
  { endpoint, outcome }: { endpoint: EndpointRow; outcome: Outcome },
): Promise<void> {
  const { merchant_id, livemode, id } = endpoint
  const failingDays = failingDaysMax[livemode ? 'live' : 'test']
  const failingMs = Date.now() - Date.parse(endpoint.failing_since ?? toTimestamp(Date.now()))
  const gone = isGone(outcome)
  if (!gone && failingMs < failingDays * 86_400_000) return
  const now = toTimestamp(Date.now())
  await db.transaction().execute(async (tx) => {
    const row = await disableEndpoint(tx, {
      account: { merchantId: merchant_id, livemode },
      id,
      reason: gone ? 'gone' : 'failing',
      failingDays: gone ? 0 : failingDays,
      now,
    })
    // Another process was first, or it has worked again since.
    if (!row) return
    await failPending(tx, row)
    // Everyone who may read payments reads events. A path or a query may be a secret of the receiver.
    const state = { data: { ...renderEndpoint(row), url: new URL(row.url).origin } }
    await sql`
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, reason, state)
      values (${merchant_id}, ${livemode}, ${id}, ${row.sequence}, ${eventType},
        ${now}::timestamptz, 'system', ${row.disabled_reason}, ${JSON.stringify(state)}::jsonb)
    `.execute(tx)
  })
}
