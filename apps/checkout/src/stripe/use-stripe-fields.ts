import type { StripeForm } from '@hedgepayments/contract'
import type { Stripe, StripeElementLocale, StripeElements } from '@stripe/stripe-js'
// The pure entry loads Stripe's script only when it is called: pages of the sandbox never load it.
import { loadStripe } from '@stripe/stripe-js/pure'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { appearanceOfPage, onSchemeChange } from './appearance.ts'

/** The state of Stripe's fields. `slow`: they load for longer than a customer waits without a word. */
export type FieldsState = 'loading' | 'slow' | 'ready' | 'failed'

/** Stripe's fields take a second or two to load. */
const slowMs = 8_000

interface Opened {
  readonly stripe: Stripe
  readonly elements: StripeElements
}

/** Stripe's fields in an element of the page. */
export interface StripeFields {
  readonly state: FieldsState
  readonly container: RefObject<HTMLDivElement | null>
  readonly opened: RefObject<Opened | null>
}

/**
 * Loads Stripe's script from Stripe, and shows its fields in `container`. Amount and currency come from
 * the server, and wallets show them. The payment itself gets them from the server alone.
 */
export function useStripeFields(form: StripeForm, locale: string): StripeFields {
  const { publishable_key: key, amount, currency } = form
  const [state, setState] = useState<FieldsState>('loading')
  const container = useRef<HTMLDivElement>(null)
  const opened = useRef<Opened | null>(null)
  const language = locale as StripeElementLocale

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new language updates the fields below
  useEffect(() => {
    setState('loading')
    const slow = setTimeout(() => setState((now) => (now === 'loading' ? 'slow' : now)), slowMs)
    const close = openFields({
      ...{ key, amount, currency, language, container },
      onOpen: (now) => {
        opened.current = now
      },
      onReady: () => setState('ready'),
      onFailure: () => setState('failed'),
    })
    return () => {
      clearTimeout(slow)
      opened.current = null
      close()
    }
  }, [key, amount, currency])

  useEffect(() => {
    void opened.current?.elements.update({ locale: language })
  }, [language])
  useEffect(
    () =>
      onSchemeChange(
        () => void opened.current?.elements.update({ appearance: appearanceOfPage() }),
      ),
    [],
  )
  return { state, container, opened }
}

interface Opening {
  readonly key: string
  readonly amount: number
  readonly currency: string
  readonly language: StripeElementLocale
  readonly container: RefObject<HTMLDivElement | null>
  readonly onOpen: (opened: Opened) => void
  readonly onReady: () => void
  readonly onFailure: () => void
}

/** Returns a function that removes the fields. */
function openFields(opening: Opening): () => void {
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
    const elements = stripe.elements({
      mode: 'payment',
      amount: opening.amount,
      currency: opening.currency,
      locale: opening.language,
      captureMethod: 'manual',
      allowedPaymentMethodTypes: ['card'],
      paymentMethodCreation: 'manual',
      appearance: appearanceOfPage(),
    })
    const element = elements.create('payment')
    remove = () => element.destroy()
    element.on('ready', whileOpen(opening.onReady))
    element.on('loaderror', fail)
    element.mount(opening.container.current)
    opening.onOpen({ stripe, elements })
  }
  open().catch(fail)
  return () => {
    isClosed = true
    remove()
  }
}
