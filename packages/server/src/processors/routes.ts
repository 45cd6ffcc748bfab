import {
  type MerchantProcessor,
  type MerchantProcessorSet,
  operations,
} from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Db } from '../database/db.ts'
import type { ProcessorCredentialsRow } from '../database/schema.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { type ApiRequest, implement } from '../http/implement.ts'
import { once } from '../idempotency/once.ts'
import type { Keyring } from '../sealing/keyring.ts'
import { deleteCredentials, findCredentials, saveCredentials } from './credentials.sql.ts'
import { sealCredentials } from './credentials.ts'
import {
  isLiveStripeKey,
  isPublishableKeyOfMode,
  stripeKeyShape,
  stripeWebhookShape,
} from './stripe-keys.ts'

/** The only processor that a merchant can set. */
const stripe = { type: 'merchant_processor', id: 'stripe' } as const

export interface ProcessorRoutes {
  readonly db: Db
  /** `null` if no encryption key is configured. Then secrets are refused. */
  readonly keyring: Keyring | null
  readonly publicUrl: () => string
}

/** The routes of a merchant's own processor. No answer contains its secrets. */
export function processorRoutes(app: FastifyInstance, on: ProcessorRoutes): void {
  implement(app, operations.setProcessor, async (request) => {
    if (request.params.id !== request.auth.merchantId) return merchantNotFound()
    return await setProcessor(on, request)
  })

  implement(app, operations.retrieveProcessor, async ({ auth, params: { id } }) => {
    const row = id === auth.merchantId ? await findCredentials(on.db, auth) : undefined
    return row ? answer(200, render(row, on.publicUrl())) : notConfigured()
  })

  implement(app, operations.removeProcessor, async (request) => {
    const { auth, params } = request
    if (params.id !== auth.merchantId) return notConfigured()
    return await on.db.transaction().execute(async (tx) => {
      if (!(await deleteCredentials(tx, auth))) return notConfigured()
      await recordAudit(tx, actorOf(request), { action: 'processor.removed', target: stripe })
      return answer(200, { object: 'merchant_processor', deleted: true })
    })
  })
}

async function setProcessor(
  { db, keyring, publicUrl }: ProcessorRoutes,
  request: ApiRequest<typeof operations.setProcessor>,
): Promise<Reply> {
  const { auth, body, now } = request
  const refusal = refuseKeys(body, auth.livemode)
  if (refusal) return refusal
  if (!keyring) {
    return refuseSecret('secret_key', 'HEDGE_ENCRYPTION_KEY to be set, which encrypts the key')
  }
  const row = sealCredentials(keyring, {
    account: auth,
    secrets: { secretKey: body.secret_key, webhookSecret: body.webhook_secret ?? null },
    publishableKey: body.publishable_key ?? null,
    now,
  })
  const { secret_hint, publishable_key, has_webhook_secret } = row
  return await once(db, request, async (tx) => {
    await saveCredentials(tx, row)
    await recordAudit(tx, actorOf(request), {
      action: 'processor.set',
      target: stripe,
      details: { secret_hint, publishable_key, has_webhook_secret },
    })
    return answer(200, render(row, publicUrl()))
  })
}

/** The refusal of a key of another kind or mode. It never repeats a key: a secret may be in any field. */
function refuseKeys(body: MerchantProcessorSet, livemode: boolean): Refusal | null {
  const mode = livemode ? 'live' : 'test'
  const isOfMode =
    stripeKeyShape.test(body.secret_key) && isLiveStripeKey(body.secret_key) === livemode
  if (!isOfMode) return refuseSecret('secret_key', `a Stripe key: sk_${mode}_… or rk_${mode}_…`)
  const { publishable_key: publishableKey, webhook_secret: webhookSecret } = body
  if (publishableKey !== undefined && !isPublishableKeyOfMode(publishableKey, livemode)) {
    return refuseSecret('publishable_key', `a publishable key of Stripe: pk_${mode}_…`)
  }
  if (webhookSecret !== undefined && !stripeWebhookShape.test(webhookSecret)) {
    return refuseSecret('webhook_secret', 'the secret of a Stripe webhook endpoint: whsec_…')
  }
  return null
}

function render(row: ProcessorCredentialsRow, publicUrl: string): MerchantProcessor {
  const mode = row.livemode ? 'live' : 'test'
  return {
    object: 'merchant_processor',
    livemode: row.livemode,
    processor: 'stripe',
    secret_hint: row.secret_hint,
    publishable_key: row.publishable_key,
    has_webhook_secret: row.has_webhook_secret,
    webhook_url: `${publicUrl}/v1/processors/stripe/webhook/${row.merchant_id}/${mode}`,
    updated_at: row.updated_at,
  }
}

function refuseSecret(field: string, expected: string): Refusal {
  const refusal = refuseField(field, 'something else', expected)
  return { ...refusal, details: { field, received: 'something else', expected } }
}

function merchantNotFound(): Refusal {
  return refuse('not_found', 'Merchant not found.')
}

function notConfigured(): Refusal {
  return refuse('not_found', 'The merchant has no processor in this mode.')
}
