import type {
  Stripe,
  StripeElementLocale,
  StripeElements,
  StripeElementsOptionsMode,
  StripePaymentElementOptions,
} from '@stripe/stripe-js'
// The pure entry loads Stripe's script only when it is called: pages of the sandbox never load it.
import { loadStripe } from '@stripe/stripe-js/pure'
import type { RefObject } from 'react'
import { appearanceOfPage } from './appearance.ts'

/** The loaded script, and the fields. */
export interface Opened {
  readonly stripe: Stripe
  readonly elements: StripeElements
}

/** What the fields collect, where they are shown, and who is told. */
export interface Opening {
  readonly key: string
  readonly amount: number
  readonly currency: string
  /** Stripe's names of the payment methods. */
  readonly types: string[]
  /** The page has its own field for the e-mail address. */
  readonly hasEmail: boolean
  readonly language: StripeElementLocale
  readonly container: RefObject<HTMLDivElement | null>
  readonly onOpen: (opened: Opened) => void
  readonly onReady: () => void
  /** The customer has chosen a payment method. */
  readonly onType: (type: string) => void
  readonly onFailure: () => void
}

/** Loads the script and shows the fields. Returns a function that removes them. */
export function openFields(opening: Opening): () => void {
  let isClosed = false
  let remove: () => void = () => undefined
  const whileOpen = (report: () => void) => () => {
    if (!isClosed) report()
  }
  const fail = whileOpen(opening.onFailure)
  const open = async () => {
    const stripe = await loadStripe(opening.key, { locale: opening.language })
    if (isClosed) return
    if (!stripe || !opening.container.current) throw new Error('Stripe is not available')
    const elements = stripe.elements(elementsOptions(opening))
    const element = elements.create('payment', paymentOptions(opening))
    remove = () => element.destroy()
    element.on('ready', whileOpen(opening.onReady))
    element.on('loaderror', fail)
    element.on('change', ({ value }) => whileOpen(() => opening.onType(value.type))())
    element.mount(opening.container.current)
    opening.onOpen({ stripe, elements })
  }
  open().catch(fail)
  return () => {
    isClosed = true
    remove()
  }
}

/**
 * Stripe offers bank debits only where the capture is automatic. This decides what the fields offer; the
 * server alone decides how a payment is captured. The account must be verified at once, because the
 * debit is sent when the customer has left. Source:
 * https://docs.stripe.com/js/elements_object/create_without_intent.
 */
function elementsOptions(opening: Opening): StripeElementsOptionsMode {
  const { amount, currency, types, language } = opening
  const withBank = types.includes('us_bank_account')
  return {
    mode: 'payment',
    amount,
    currency,
    locale: language,
    captureMethod: withBank ? 'automatic' : 'manual',
    allowedPaymentMethodTypes: types,
    paymentMethodCreation: 'manual',
    appearance: appearanceOfPage(),
    ...(withBank
      ? { paymentMethodOptions: { us_bank_account: { verification_method: 'instant' } } }
      : {}),
  }
}

/** Stripe asks for the name and the e-mail address of the owner of an account, and shows the mandate. */
function paymentOptions({ types, hasEmail }: Opening): StripePaymentElementOptions {
  return {
    ...(types.includes('us_bank_account') ? { terms: { usBankAccount: 'always' } } : {}),
    ...(hasEmail ? { fields: { billingDetails: { email: 'never' } } } : {}),
  }
}
