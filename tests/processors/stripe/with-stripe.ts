import { afterEach, beforeEach } from 'vitest'
import type {
  AuthorizeRequest,
  CaptureRequest,
  ProcessorPayment,
} from '../../../packages/server/src/processors/interface/processor.ts'
import { StripeProcessor } from '../../../packages/server/src/processors/stripe/stripe.ts'
import { paymentToken } from '../../support/payments/payment-token.ts'
import type { Movement } from './stand-in/books.ts'
import { type StripeStandIn, startStripeStandIn } from './stand-in/stand-in.ts'

export const secretKey = 'sk_test_stand_in'
export const webhookSecret = 'whsec_stand_in'
export const now = '2024-06-15T10:32:00Z'

/** Stripe's stand-in, and a processor that calls it. */
export interface GivenStripe {
  readonly stripe: StripeStandIn
  readonly processor: StripeProcessor
  /** The kinds of Stripe's movements, oldest first. */
  kinds(): Movement['kind'][]
}

/** Starts a stand-in of Stripe for each test of a file. The returned object is complete by then. */
export function withStripe(): GivenStripe {
  const given = {
    kinds: () => given.stripe.movements.map(({ kind }) => kind),
  } as { -readonly [Field in keyof GivenStripe]: GivenStripe[Field] }

  beforeEach(async () => {
    given.stripe = await startStripeStandIn(secretKey)
    given.processor = new StripeProcessor({
      secretKey,
      publishableKey: null,
      webhookSecret,
      apiBase: given.stripe.url,
    })
  })

  afterEach(() => given.stripe.stop())

  return given
}

/** A payment in the form that a processor gets. */
export function payment(more: Partial<ProcessorPayment> = {}): ProcessorPayment {
  return {
    id: 'pay_1',
    money: { minor: 9999, currency: 'USD' },
    method: 'card',
    customerEmail: 'customer@example.com',
    description: 'A book',
    statementDescriptor: null,
    returnUrl: 'http://127.0.0.1:4000/pay/pay_1',
    reference: null,
    ...more,
  }
}

let keys = 0

/** The fields of every call to a processor. Each call has its own key. */
export function call(more: { idempotencyKey?: string; signal?: AbortSignal } = {}) {
  return { idempotencyKey: `key-${keys++}`, now, signal: AbortSignal.timeout(120_000), ...more }
}

/** A request to authorize with a token. */
export function authorize(
  token = 'pm_card_visa',
  more: Partial<AuthorizeRequest> = {},
): AuthorizeRequest {
  return { ...call(), token: paymentToken(token), ...more }
}

/** A request to capture the whole amount, or less. */
export function captureRequest(more: Partial<CaptureRequest> = {}): CaptureRequest {
  return { ...call(), amountMinor: payment().money.minor, ...more }
}
