import type { CheckoutMethod, StripeForm } from '@hedgepayments/contract'
import type { StripeElementLocale } from '@stripe/stripe-js'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { appearanceOfPage, onSchemeChange } from './appearance.ts'
import { methodOfType, typesOf } from './methods.ts'
import { type Opened, openFields } from './open-fields.ts'

/** The state of Stripe's fields. `slow`: they load for longer than a customer waits without a word. */
export type FieldsState = 'loading' | 'slow' | 'ready' | 'failed'

/** Stripe's fields take a second or two to load. */
const slowMs = 8_000

/** Stripe's fields in an element of the page. */
export interface StripeFields {
  readonly state: FieldsState
  /** The payment method that the customer has chosen in the fields. */
  readonly method: CheckoutMethod
  readonly container: RefObject<HTMLDivElement | null>
  readonly opened: RefObject<Opened | null>
}

/** What the fields collect. */
export interface Collecting {
  readonly form: StripeForm
  readonly methods: readonly CheckoutMethod[]
  /** The page has its own field for the e-mail address. */
  readonly hasEmail: boolean
}

/**
 * Loads Stripe's script from Stripe, and shows its fields in `container`. Amount and currency come from
 * the server, and wallets show them. The payment itself gets them from the server alone.
 */
export function useStripeFields(
  { form, methods, hasEmail }: Collecting,
  locale: string,
): StripeFields {
  const { publishable_key: key, amount, currency } = form
  const [state, setState] = useState<FieldsState>('loading')
  const [method, setMethod] = useState<CheckoutMethod>(methods[0] ?? 'card')
  const container = useRef<HTMLDivElement>(null)
  const opened = useRef<Opened | null>(null)
  const language = locale as StripeElementLocale
  const types = typesOf(methods).join(' ')

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new language updates the fields below
  useEffect(() => {
    setState('loading')
    const slow = setTimeout(() => setState((now) => (now === 'loading' ? 'slow' : now)), slowMs)
    const close = openFields({
      ...{ key, amount, currency, language, container, hasEmail },
      types: types.split(' '),
      onOpen: (now) => {
        opened.current = now
      },
      onReady: () => setState('ready'),
      // A wallet has a type of its own, and pays with a card.
      onType: (type) => setMethod(methodOfType(type, methods) ?? 'card'),
      onFailure: () => setState('failed'),
    })
    return () => {
      clearTimeout(slow)
      opened.current = null
      close()
    }
  }, [key, amount, currency, types, hasEmail])

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
  return { state, method, container, opened }
}
