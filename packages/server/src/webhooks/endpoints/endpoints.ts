import {
  endpointsMax,
  rotatedSecretSeconds,
  type WebhookEndpointCreate,
  type WebhookEndpointId,
  type WebhookEndpointUpdate,
} from '@hedgepayments/contract'
import { actorOf, changesOf, recordAudit } from '../../audit/record.ts'
import type { Db } from '../../database/db.ts'
import type { EndpointRow } from '../../database/webhook-rows.ts'
import { promisedEnd, type Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../../http/answers/refusal.ts'
import type { Auth, Origin } from '../../http/request/auth.ts'
import { claimId } from '../../lists/ids.sql.ts'
import type { Sealer } from '../../sealing/sealer.ts'
import { expectedOfUrl } from '../send/address.ts'
import { findReach, type PrivateNetworks } from '../send/reach.sql.ts'
import { newSecret } from '../send/signature.ts'
import { failPending, insertEndpoint, lockEndpoint, updateEndpoint } from './endpoints.sql.ts'
import { renderEndpoint } from './render.ts'

interface Context {
  readonly auth: Auth
  readonly origin: Origin
  readonly sealer: Sealer
  readonly now: Timestamp
  readonly privateNetworks: PrivateNetworks
}

/** Creates an endpoint. Only this answer shows its secret. */
export async function createEndpoint(
  tx: Db,
  request: Context & { body: WebhookEndpointCreate },
): Promise<Reply> {
  const { auth: account, sealer, body } = request
  const refusal = (await refuseUrl(tx, request, body.url)) ?? refuseSelection(body.events)
  if (refusal) return refusal
  const secret = newSecret()
  const id = await claimId<WebhookEndpointId>(tx, { kind: 'webhookEndpoint', account })
  const row = newEndpoint(request, { id, sealedSecret: sealer.seal(secret, id) })
  if (!(await insertEndpoint(tx, { row, max: endpointsMax }))) {
    return refuseField('url', body.url, `at most ${endpointsMax} endpoints: delete one first`)
  }
  const details = { host: hostOf(row), events: row.events }
  await recordAudit(tx, actorOf(request), {
    action: 'webhook_endpoint.created',
    target: targetOf(id),
    details,
  })
  return answer(201, { ...renderEndpoint(row), secret })
}

function newEndpoint(
  { auth: account, now, body }: Context & { body: WebhookEndpointCreate },
  { id, sealedSecret }: { id: string; sealedSecret: string },
): EndpointRow {
  return {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    id,
    url: body.url,
    events: body.events ?? ['*'],
    description: body.description ?? null,
    enabled: true,
    disabled_reason: null,
    secret: sealedSecret,
    old_secret: null,
    old_secret_expires_at: null,
    failing_since: null,
    sequence: 0,
    replay_since: null,
    replay_from: null,
    replay_through: null,
    created_at: now,
    updated_at: now,
    deleted_at: null,
  }
}

/** Changes an endpoint. If that disables it, its pending deliveries fail. */
export async function changeEndpoint(
  tx: Db,
  request: Context & { id: string; body: WebhookEndpointUpdate },
): Promise<Reply> {
  const { auth: account, id, body, now } = request
  const refusal = (await refuseUrl(tx, request, body.url)) ?? refuseSelection(body.events)
  if (refusal) return refusal
  // Of two concurrent rotations, the second must keep the first one's secret as the old secret.
  const current = await lockEndpoint(tx, { account, id })
  if (!current) return endpointNotFound()
  const { clockOffsetSeconds: aheadSeconds } = account
  const rotated = body.rotate_secret === true ? newSecret() : null
  const columns: Partial<EndpointRow> = {
    ...(body.url === undefined ? {} : { url: body.url }),
    ...(body.events === undefined ? {} : { events: body.events }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...changeEnabled(current, body.enabled),
    ...(rotated === null
      ? {}
      : {
          secret: request.sealer.seal(rotated, id),
          old_secret: current.secret,
          // The worker compares this with the real time, not with the test clock.
          old_secret_expires_at: promisedEnd(now, rotatedSecretSeconds - aheadSeconds),
        }),
    updated_at: now,
  }
  const row = await updateEndpoint(tx, { account, id, columns })
  if (!row) return endpointNotFound()
  if (!row.enabled) await failPending(tx, row)
  await recordChange(tx, request, { before: current, after: row })
  return answer(200, rotated ? { ...renderEndpoint(row), secret: rotated } : renderEndpoint(row))
}

/** Deletes an endpoint. Its row stays for the log of its deliveries; the API does not show it. */
export async function deleteEndpoint(
  tx: Db,
  request: Omit<Context, 'sealer' | 'privateNetworks'> & { id: string },
): Promise<Reply> {
  const { auth: account, id, now } = request
  const columns = { ...disabledColumns, deleted_at: now, updated_at: now }
  const row = await updateEndpoint(tx, { account, id, columns })
  if (!row) return endpointNotFound()
  await failPending(tx, row)
  await recordAudit(tx, actorOf(request), {
    action: 'webhook_endpoint.deleted',
    target: targetOf(id),
  })
  return answer(200, { id, object: 'webhook_endpoint', deleted: true })
}

/** A rotation has a separate entry: after a leak, this is the entry to find. */
async function recordChange(
  tx: Db,
  request: Omit<Context, 'sealer' | 'privateNetworks'> & {
    id: string
    body: WebhookEndpointUpdate
  },
  { before, after }: { before: EndpointRow; after: EndpointRow },
): Promise<void> {
  const actor = actorOf(request)
  const target = targetOf(request.id)
  if (request.body.rotate_secret === true) {
    await recordAudit(tx, actor, { action: 'webhook_endpoint.secret_rotated', target })
  }
  const hosts = { host: { from: hostOf(before), to: hostOf(after) } }
  const details = {
    ...changesOf(before, after, ['events', 'description', 'enabled']),
    ...(before.url === after.url ? {} : hosts),
  }
  if (Object.keys(details).length === 0) return
  await recordAudit(tx, actor, { action: 'webhook_endpoint.updated', target, details })
}

function targetOf(id: string) {
  return { type: 'webhook_endpoint', id } as const
}

/** The part of a URL that is not secret: paths and queries often contain tokens. */
function hostOf({ url }: EndpointRow): string {
  return new URL(url).origin
}

/** The answer for an endpoint that the account does not have. */
export function endpointNotFound(): Refusal {
  return refuse('not_found', 'Webhook endpoint not found.')
}

const disabledColumns = {
  enabled: false,
  disabled_reason: 'requested',
  replay_since: null,
  replay_from: null,
  replay_through: null,
} as const satisfies Partial<EndpointRow>

function changeEnabled(current: EndpointRow, enabled: boolean | undefined): Partial<EndpointRow> {
  if (enabled === undefined || enabled === current.enabled) return {}
  return enabled ? { enabled: true, disabled_reason: null, failing_since: null } : disabledColumns
}

async function refuseUrl(
  tx: Db,
  { auth: { livemode }, privateNetworks }: Pick<Context, 'auth' | 'privateNetworks'>,
  url: string | undefined,
): Promise<Refusal | null> {
  if (url === undefined) return null
  const reach = await findReach(tx, { livemode, privateNetworks })
  const expected = expectedOfUrl(url, { livemode, reach })
  return expected === null ? null : refuseField('url', url, expected)
}

function refuseSelection(events: readonly string[] | undefined): Refusal | null {
  if (!events?.includes('*') || events.length === 1) return null
  return refuseField('events', events, '["*"] alone, or types')
}
