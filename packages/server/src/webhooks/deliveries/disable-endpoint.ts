import { runTransaction } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import { toTimestamp } from '../../domain/time.ts'
import { insertEvent } from '../../events/insert-event.sql.ts'
import { disableEndpoint, failPending } from '../endpoints/endpoints.sql.ts'
import type { EndpointWithHealth } from '../endpoints/find-endpoints.sql.ts'
import { renderEndpoint } from '../endpoints/render.ts'
import type { Outcome } from './attempt.ts'

/**
 * Days without a successful attempt after which an endpoint is disabled. Live mode: longer than a
 * weekend and a holiday. Test mode: longer than the computer of a developer sleeps at night.
 */
const failingDaysMax = { live: 5, test: 1 } as const

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
  const request: DisableRequest = {
    account: { merchantId: merchant_id, livemode },
    id,
    url: endpoint.url,
    reason: isGone ? 'gone' : 'failing',
    failingDays: isGone ? 0 : failingDays,
    now: toTimestamp(Date.now()),
  }
  await runTransaction(db, (tx) => disable(tx, request))
}

type DisableRequest = Parameters<typeof disableEndpoint>[1]

async function disable(tx: Tx, request: DisableRequest): Promise<void> {
  const { account, id, now } = request
  const row = await disableEndpoint(tx, request)
  // Another process has disabled the endpoint, or an attempt has succeeded since.
  if (!row) return
  await failPending(tx, row)
  // Every key that may read payments may read events. The path and query may contain a secret.
  const state = { data: { ...renderEndpoint(row), url: new URL(row.url).origin } }
  await insertEvent(tx, {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    subject_id: id,
    sequence: row.sequence,
    type: 'webhook_endpoint.disabled',
    created_at: now,
    actor_type: 'system',
    actor_id: null,
    to_status: null,
    reason: row.disabled_reason,
    state,
  })
}
