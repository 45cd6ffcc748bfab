import {
  endpointsMax,
  rotatedSecretSeconds,
  type WebhookEndpointCreate,
  type WebhookEndpointId,
  type WebhookEndpointUpdate,
} from '@hedgepayments/contract'
import { actorOf, changesOf, recordAudit } from '../../audit/record.ts'
import type { Db } from '../../database/connect.ts'
import type { EndpointRow } from '../../database/webhook-rows.ts'
import type { Timestamp } from '../../domain/time.ts'
import { promisedEnd } from '../../domain/time.ts'
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

/** Registers an endpoint. The answer is the only one that shows its secret. */
export async function createEndpoint(
  tx: Db,
  request: Context & { body: WebhookEndpointCreate },
): Promise<Reply> {
  const { auth: account, sealer, now, body } = request
  const refusal = (await refuseUrl(tx, request, body.url)) ?? refuseSelection(body.events)
  if (refusal) return refusal
  const secret = newSecret()
  const id = await claimId<WebhookEndpointId>(tx, { kind: 'webhookEndpoint', account })
  const row: EndpointRow = {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    id,
    url: body.url,
    events: body.events ?? ['*'],
    description: body.description ?? null,
    enabled: true,
    disabled_reason: null,
    secret: sealer.seal(secret, id),
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
  if (!(await insertEndpoint(tx, { row, max: endpointsMax }))) {
    return refuseField('url', body.url, `at most ${endpointsMax} endpoints: delete one first`)
  }
  const details = { host: hostOf(row), events: row.events }
  await recordAudit(tx, actorOf(request), {
    action: 'webhook_endpoint.created',
    target: target(id),
    details,
  })
  return answer(201, { ...renderEndpoint(row), secret })
}

/** Changes an endpoint; disabling it gives up what waits for it. */
export async function changeEndpoint(
  tx: Db,
  request: Context & { id: string; body: WebhookEndpointUpdate },
): Promise<Reply> {
  const { auth: account, id, body, now } = request
  const refusal = (await refuseUrl(tx, request, body.url)) ?? refuseSelection(body.events)
  if (refusal) return refusal
  // Locked: of two rotations at once, the second must keep the first one's secret as the old one.
  const current = await lockEndpoint(tx, { account, id })
  if (!current) return endpointNotFound()
  const { clockOffsetSeconds: aheadSeconds } = account
  const rotated = body.rotate_secret === true ? newSecret() : null
  const columns: Partial<EndpointRow> = {
    ...(body.url === undefined ? {} : { url: body.url }),
    ...(body.events === undefined ? {} : { events: body.events }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...switched(current, body.enabled),
    ...(rotated === null
      ? {}
      : {
          secret: request.sealer.seal(rotated, id),
          old_secret: current.secret,
          // Deliveries judge it by the real time, whatever the test clock says.
          old_secret_expires_at: promisedEnd(now, rotatedSecretSeconds - aheadSeconds),
        }),
    updated_at: now,
  }
  const row = await updateEndpoint(tx, { account, id, columns })
  if (!row) return endpointNotFound()
  if (!row.enabled) await failPending(tx, row)
  await noteChange(tx, request, { before: current, after: row })
  return answer(200, rotated ? { ...renderEndpoint(row), secret: rotated } : renderEndpoint(row))
}

/** Deletes an endpoint. Its row stays, unseen, for the log of its deliveries. */
export async function deleteEndpoint(
  tx: Db,
  request: Omit<Context, 'sealer' | 'privateNetworks'> & { id: string },
): Promise<Reply> {
  const { auth: account, id, now } = request
  const columns = { ...switchedOff, deleted_at: now, updated_at: now }
  const row = await updateEndpoint(tx, { account, id, columns })
  if (!row) return endpointNotFound()
  await failPending(tx, row)
  await recordAudit(tx, actorOf(request), {
    action: 'webhook_endpoint.deleted',
    target: target(id),
  })
  return answer(200, { id, object: 'webhook_endpoint', deleted: true })
}

/** A rotation is an entry of its own: it is what one looks for when a secret has leaked. */
async function noteChange(
  tx: Db,
  request: Omit<Context, 'sealer' | 'privateNetworks'> & {
    id: string
    body: WebhookEndpointUpdate
  },
  { before, after }: { before: EndpointRow; after: EndpointRow },
): Promise<void> {
  const actor = actorOf(request)
  const of = target(request.id)
  if (request.body.rotate_secret === true) {
    await recordAudit(tx, actor, { action: 'webhook_endpoint.secret_rotated', target: of })
  }
  const hosts = { host: { from: hostOf(before), to: hostOf(after) } }
  const details = {
    ...changesOf(before, after, ['events', 'description', 'enabled']),
    ...(before.url === after.url ? {} : hosts),
  }
  if (Object.keys(details).length === 0) return
  await recordAudit(tx, actor, { action: 'webhook_endpoint.updated', target: of, details })
}

function target(id: string) {
  return { type: 'webhook_endpoint', id } as const
}

/** What of an address is no secret: many a path or query is one. */
function hostOf({ url }: EndpointRow): string {
  return new URL(url).origin
}

export function endpointNotFound(): Refusal {
  return refuse('not_found', 'Webhook endpoint not found.')
}

const switchedOff = {
  enabled: false,
  disabled_reason: 'requested',
  replay_since: null,
  replay_from: null,
  replay_through: null,
} as const satisfies Partial<EndpointRow>

function switched(current: EndpointRow, enabled: boolean | undefined): Partial<EndpointRow> {
  if (enabled === undefined || enabled === current.enabled) return {}
  return enabled ? { enabled: true, disabled_reason: null, failing_since: null } : switchedOff
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
