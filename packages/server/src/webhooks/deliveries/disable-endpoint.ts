import type { EventType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { toTimestamp } from '../../domain/time.ts'
import { disableEndpoint, failPending } from '../endpoints/endpoints.sql.ts'
import { renderEndpoint } from '../endpoints/render.ts'
import type { Outcome } from './attempt.ts'
import type { EndpointWithHealth } from './find-endpoints.sql.ts'

/**
 * Days without a successful attempt after which an endpoint is disabled. Live mode: longer than a
 * weekend and a holiday. Test mode: longer than the computer of a developer sleeps at night.
 */
const failingDaysMax = { live: 5, test: 1 } as const

const eventType: EventType = 'webhook_endpoint.disabled'

/**
 * Disables an endpoint that answered 410, or whose attempts have failed for days, and records the
 * event. Its pending deliveries fail; the merchant can retry them when the receiver works again. Call
 * this only for outcomes whose lease was current. An endpoint whose URL has changed since the claim
 * stays enabled.
 */
export async function disableFailingEndpoint(
  db: Db,
  { endpoint, outcome }: { endpoint: EndpointWithHealth; outcome: Outcome },
): Promise<void> {
  const { merchant_id, livemode, id } = endpoint
  const failingDays = failingDaysMax[livemode ? 'live' : 'test']
  const { isGone } = outcome
  if (!isGone && (endpoint.failing_seconds ?? 0) < failingDays * 86_400) return
  const now = toTimestamp(Date.now())
  await db.transaction().execute(async (tx) => {
    const row = await disableEndpoint(tx, {
      account: { merchantId: merchant_id, livemode },
      id,
      url: endpoint.url,
      reason: isGone ? 'gone' : 'failing',
      failingDays: isGone ? 0 : failingDays,
      now,
    })
    // Another process has disabled the endpoint, or an attempt has succeeded since.
    if (!row) return
    await failPending(tx, row)
    // Every key that may read payments may read events. The path and query may contain a secret.
    const state = { data: { ...renderEndpoint(row), url: new URL(row.url).origin } }
    await sql`
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, reason, state)
      values (${merchant_id}, ${livemode}, ${id}, ${row.sequence}, ${eventType},
        ${now}::timestamptz, 'system', ${row.disabled_reason}, ${JSON.stringify(state)}::jsonb)
    `.execute(tx)
  })
}
