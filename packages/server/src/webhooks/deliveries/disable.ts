import type { EventType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/connect.ts'
import { toTimestamp } from '../../domain/time.ts'
import { disableEndpoint, failPending } from '../endpoints/endpoints.sql.ts'
import { renderEndpoint } from '../endpoints/render.ts'
import { isGone } from './attempt.ts'
import type { FailingEndpoint, Outcome } from './queue.sql.ts'

/**
 * Days for which every attempt fails before an endpoint is disabled. In live mode, long enough for
 * a weekend and a holiday. In test mode a day: the machine of a developer sleeps at night.
 */
const failingDaysMax = { live: 5, test: 1 } as const

const eventType: EventType = 'webhook_endpoint.disabled'

/**
 * Disables an endpoint that has answered 410, or that has failed for days, with an event that says
 * so. Deliveries that wait for it fail: they can be sent again once the receiver works. To be called
 * for results whose lease was current. An endpoint that has got another URL since stays enabled.
 */
export async function disableWhenHopeless(
  db: Db,
  { endpoint, outcome }: { endpoint: FailingEndpoint; outcome: Outcome },
): Promise<void> {
  const { merchant_id, livemode, id } = endpoint
  const failingDays = failingDaysMax[livemode ? 'live' : 'test']
  const gone = isGone(outcome)
  if (!gone && (endpoint.failing_seconds ?? 0) < failingDays * 86_400) return
  const now = toTimestamp(Date.now())
  await db.transaction().execute(async (tx) => {
    const row = await disableEndpoint(tx, {
      account: { merchantId: merchant_id, livemode },
      id,
      url: endpoint.url,
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
