import { type MerchantProcessor, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { doerOf, note } from '../audit/note.ts'
import type { Db } from '../database/connect.ts'
import type { ProcessorCredentialsRow } from '../database/schema.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { type ApiRequest, implement } from '../http/implement.ts'
import { once } from '../idempotency/once.ts'
import type { Keyring } from '../sealing/keyring.ts'
import { deleteCredentials, findCredentials, saveCredentials } from './credentials.sql.ts'
import { sealCredentials } from './credentials.ts'
import { isLiveStripeKey, stripeKeyShape, stripeWebhookShape } from './stripe/shapes.ts'

/** The one processor that a merchant can set. */
const stripe = { type: 'merchant_processor', id: 'stripe' } as const

export interface ProcessorRoutes {
  readonly db: Db
  /** `null`: no key is set, and no secret is taken. */
  readonly keyring: Keyring | null
  readonly publicUrl: () => string
}

/** The processor of a merchant's own. Its secrets go in, and never come out. */
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
      await note(tx, doerOf(request), { action: 'processor.removed', target: stripe })
      return answer(200, { object: 'merchant_processor', deleted: true })
    })
  })
}

async function setProcessor(
  { db, keyring, publicUrl }: ProcessorRoutes,
  request: ApiRequest<typeof operations.setProcessor>,
): Promise<Reply> {
  const { auth, body, now } = request
  const mode = auth.livemode ? 'live' : 'test'
  const isOfMode =
    stripeKeyShape.test(body.secret_key) && isLiveStripeKey(body.secret_key) === auth.livemode
  // Nothing of a secret is repeated, not even of one that is wrong.
  if (!isOfMode) return refuseSecret('secret_key', `a key of Stripe, sk_${mode}_… or rk_${mode}_…`)
  if (body.webhook_secret !== undefined && !stripeWebhookShape.test(body.webhook_secret)) {
    return refuseSecret('webhook_secret', 'a secret of an endpoint at Stripe, whsec_…')
  }
  if (!keyring) {
    return refuseSecret('secret_key', 'HEDGE_ENCRYPTION_KEY to be set, so that it can be sealed')
  }
  const row = sealCredentials(keyring, {
    account: auth,
    secrets: { secretKey: body.secret_key, webhookSecret: body.webhook_secret ?? null },
    now,
  })
  const { secret_hint, has_webhook_secret } = row
  return await once(db, request, async (tx) => {
    await saveCredentials(tx, row)
    await note(tx, doerOf(request), {
      action: 'processor.set',
      target: stripe,
      details: { secret_hint, has_webhook_secret },
    })
    return answer(200, render(row, publicUrl()))
  })
}

function render(row: ProcessorCredentialsRow, publicUrl: string): MerchantProcessor {
  const mode = row.livemode ? 'live' : 'test'
  return {
    object: 'merchant_processor',
    livemode: row.livemode,
    processor: 'stripe',
    secret_hint: row.secret_hint,
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
  return refuse('not_found', 'The merchant has set no processor in this mode.')
}
