import type { PaymentCreate, PaymentId } from '@hedgepayments/contract'
import { newId } from '../../domain/ids.ts'
import { givenEnd, type Timestamp } from '../../domain/time.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { readPaymentMethodToken } from '../submit/payment-method-token.ts'
import type { NewPayment } from '../transition/create-row.sql.ts'
import type { MerchantDefaults } from './merchant-defaults.sql.ts'

/** A request to create a payment. */
export interface CreateRequest {
  readonly auth: Auth
  readonly body: PaymentCreate
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
  /** The base URL of the hosted payment page, e.g. `http://127.0.0.1:4000`. */
  readonly publicUrl: string
}

/** Reads the payment that a request describes, with the merchant's and the API's defaults. */
export function readNewPayment(
  { auth, body, publicUrl }: CreateRequest,
  defaults: MerchantDefaults,
): NewPayment | Refusal {
  const token = readPaymentMethodToken(body.payment_method_token ?? null, auth.livemode)
  if (token !== null && typeof token !== 'string') return token
  if (body.initiate && token === null) {
    return refuseField(
      'payment_method_token',
      undefined,
      'a token, because the request has `initiate`',
    )
  }
  const id = newId<PaymentId>('payment')
  return {
    merchant_id: auth.merchantId,
    livemode: auth.livemode,
    id,
    amount: body.amount,
    currency: body.currency.toUpperCase(),
    payment_method: body.payment_method ?? 'card',
    customer_email: body.customer_email,
    customer_id: body.customer_id ?? null,
    checkout_session_id: null,
    description: body.description ?? null,
    statement_descriptor: body.statement_descriptor ?? null,
    metadata: body.metadata ?? {},
    success_url: body.success_url ?? null,
    cancel_url: body.cancel_url ?? null,
    url: `${publicUrl}/pay/${id}`,
    retry_of: null,
    cancel_window: body.cancel_window ?? defaults.cancelWindow,
    capture_method: body.capture_method ?? 'automatic',
    payment_method_token: token,
    expires_at: body.expires_at ? givenEnd(body.expires_at) : null,
  }
}
