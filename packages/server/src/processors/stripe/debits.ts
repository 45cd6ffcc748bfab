import type { Stripe } from 'stripe'
import { toMs } from '../../domain/time.ts'
import type {
  AuthorizeRequest,
  DebitRequest,
  Debits,
  MandateAcceptance,
  ProcessorPayment,
} from '../interface/processor.ts'
import type { CaptureResult, CheckResult, Declined } from '../interface/results.ts'
import { readBankAccount, readIntent } from './answers.ts'
import { type StripeAccess, stripeClient, withKey } from './client.ts'
import { createIntent, debitParameters, retrieveIntent } from './create-intent.ts'
import {
  debitDeclineIn,
  intentIn,
  isDebitDecided,
  isMissing,
  isUnexpectedState,
} from './declines.ts'
import { methodField } from './details/method-details.ts'
import { toStripeAmount } from './money/amounts.ts'
import { captureResultOf, declined } from './results.ts'
import { intentExpansion, isDebit, stateOf } from './state.ts'

/** The id of a PaymentMethod, which is part of a URL. */
const methodIdShape = /^pm_[A-Za-z0-9_]{1,200}$/

/**
 * Bank debits at Stripe, by `us_bank_account`. Stripe debits the account when the PaymentIntent is
 * confirmed, so before that the PaymentMethod is only retrieved.
 * Source: https://docs.stripe.com/payments/ach-direct-debit
 */
export class StripeDebits implements Debits {
  readonly methods = ['ach'] as const
  readonly #access: StripeAccess

  constructor(access: StripeAccess) {
    this.#access = access
  }

  async check(payment: ProcessorPayment, request: AuthorizeRequest): Promise<CheckResult> {
    const { currency } = payment.money
    if (currency !== 'USD') return refused(`Bank accounts are debited in USD, not in ${currency}.`)
    if (!methodIdShape.test(request.token)) return noAccount()
    const stripe = stripeClient(this.#access, request.signal)
    try {
      const method = readBankAccount(await stripe.paymentMethods.retrieve(request.token))
      return method === null ? noAccount() : { outcome: 'accepted', ...methodField(method) }
    } catch (error) {
      if (isMissing(error)) return noAccount()
      throw error
    }
  }

  /**
   * Creates the PaymentIntent of the payment or finds it by its idempotency key, and confirms it with the
   * key of the call. A repeated call confirms the same PaymentIntent, so the account is debited once.
   */
  async debit(payment: ProcessorPayment, request: DebitRequest): Promise<CaptureResult> {
    const { currency } = payment.money
    const amount = toStripeAmount({ minor: request.amountMinor, currency })
    if (amount === null) return refused(`Stripe cannot debit this amount of ${currency}.`)
    const stripe = stripeClient(this.#access, request.signal)
    let { reference } = payment
    try {
      if (reference === null) {
        const created = await createIntent(stripe, payment, debitParameters(amount))
        // Stripe leaves out what the account has not activated.
        if (!isDebit(created)) return notActivated(created.id)
        reference = created.id
      }
      const intent = await confirmDebit(stripe, { payment, request, reference })
      return await resultOf(stripe, { payment, request, intent })
    } catch (error) {
      const decline = debitDeclineIn(error)
      if (decline)
        return declined(intentIn(error, { payment, reference })?.id ?? reference, decline)
      throw error
    }
  }
}

interface Confirming {
  readonly payment: ProcessorPayment
  readonly request: DebitRequest
  readonly reference: string
}

async function confirmDebit(
  stripe: Stripe,
  { payment, request, reference }: Confirming,
): Promise<Stripe.PaymentIntent> {
  const { token, acceptance, idempotencyKey } = request
  const parameters: Stripe.PaymentIntentConfirmParams = {
    payment_method: token,
    mandate_data: { customer_acceptance: acceptanceOf(acceptance) },
    expand: intentExpansion,
  }
  try {
    const answer = await withKey(
      () => stripe.paymentIntents.confirm(reference, parameters, { idempotencyKey }),
      isDebitDecided,
    )
    return readIntent(answer, { payment, reference })
  } catch (error) {
    // It was confirmed under another key, or canceled.
    if (isUnexpectedState(error)) return await retrieveIntent(stripe, { payment, reference })
    throw error
  }
}

/** Without an acceptance on the hosted page, the merchant has one: on paper, or on a page of its own. */
function acceptanceOf(
  acceptance: MandateAcceptance | null,
): Stripe.PaymentIntentConfirmParams.MandateData.CustomerAcceptance {
  if (!acceptance) return { type: 'offline' }
  return {
    type: 'online',
    accepted_at: Math.floor(toMs(acceptance.acceptedAt) / 1000),
    online: { ip_address: acceptance.ipAddress, user_agent: acceptance.userAgent },
  }
}

/** The result of a debit. An account that the customer must verify first is not debited. */
async function resultOf(
  stripe: Stripe,
  given: { payment: ProcessorPayment; request: DebitRequest; intent: Stripe.PaymentIntent },
): Promise<CaptureResult> {
  const { payment, request, intent } = given
  if (intent.status !== 'requires_action') return captureResultOf(stateOf(intent, []))
  const reference = intent.id
  const idempotencyKey = `${request.idempotencyKey}-cancel`
  try {
    const answer = await withKey(
      () => stripe.paymentIntents.cancel(reference, {}, { idempotencyKey }),
      isUnexpectedState,
    )
    const { status } = readIntent(answer, { payment, reference })
    return status === 'canceled' ? unverified(reference) : { outcome: 'undecided', reference }
  } catch (error) {
    if (!isUnexpectedState(error)) throw error
    // The customer has verified the account meanwhile, or it was canceled by an earlier call.
    const current = await retrieveIntent(stripe, { payment, reference })
    return current.status === 'canceled'
      ? unverified(reference)
      : captureResultOf(stateOf(current, []))
  }
}

/**
 * Micro-deposits take days, and the customer has left the page by then. So such an account is declined,
 * and the customer can use another account, which Stripe verifies at once.
 */
function unverified(reference: string): Declined {
  const message = 'The bank account is not verified, so it was not debited.'
  return declined(reference, { code: 'bank_account_unverified', message })
}

function noAccount(): Declined {
  const message = 'The token is no US bank account at Stripe.'
  return declined(null, { code: 'invalid_token', message })
}

function notActivated(reference: string): Declined {
  const message = "The merchant's Stripe account has not activated bank debits."
  return declined(reference, { code: 'payment_method_unsupported', message })
}

function refused(message: string): Declined {
  return declined(null, { code: 'payment_method_unsupported', message })
}
