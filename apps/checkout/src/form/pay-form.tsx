import type { CheckoutMethod, PaymentPage } from '@hedgepayments/contract'
import { type FormEvent, useRef, useState } from 'react'
import { type Fault, type PageApi, PageError, type TestSource } from '../api.ts'
import type { Text } from '../text/en.ts'
import { BankFields } from './bank-fields.tsx'
import { CardFields } from './card-fields.tsx'
import { checkEmail } from './check.ts'
import { FailureAlert } from './failure-alert.tsx'
import { Field } from './field.tsx'
import { MethodChoice } from './method-choice.tsx'
import type { SourceFields } from './source-fields.ts'
import { checkAll, type FieldState, useField } from './use-field.ts'

interface PayFormProps {
  readonly page: PaymentPage
  readonly api: PageApi
  readonly text: Text
  /** Formatted. */
  readonly amount: string
  readonly now: () => Date
  readonly isOffline: boolean
  readonly show: (page: PaymentPage) => void
}

/** The form that pays. The entered data leaves the page once, when the customer submits it. */
export function PayForm({ page, api, text, amount, now, isOffline, show }: PayFormProps) {
  const [method, setMethod] = useState<CheckoutMethod>(page.methods[0] ?? 'card')
  const [wasSent, setSent] = useState(false)
  const fields = useRef<SourceFields>(null)
  const { pay, isPaying, fault, clearFault } = usePay(api, show)
  const email = useField({ check: (value, phase) => checkEmail(value, phase, text), wasSent })

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (isPaying) return
    setSent(true)
    clearFault()
    if (page.needs_email && !checkAll(email)) return
    const source = fields.current?.read()
    if (!source) return
    await pay(source, { method, ...(page.needs_email ? { email: email.value.trim() } : {}) })
    setSent(false)
  }

  const shared = { text, wasSent, disabled: isPaying, fields }
  return (
    <form
      onSubmit={(event) => void submit(event)}
      noValidate
      aria-label={text.payTo(page.merchant_name)}
    >
      <FailureAlert text={text} fault={fault} page={page} isPaying={isPaying} />
      {page.needs_email ? <EmailField email={email} text={text} disabled={isPaying} /> : null}
      <MethodChoice
        methods={page.methods}
        method={method}
        onChange={setMethod}
        disabled={isPaying}
        text={text}
      />
      {method === 'card' ? <CardFields {...shared} now={now} /> : <BankFields {...shared} />}
      <PayButton {...{ text, amount, isPaying }} isDisabled={isOffline} />
      <Hints page={page} method={method} text={text} amount={amount} />
    </form>
  )
}

/** The customer's e-mail address, if the merchant did not give it. */
export function EmailField({
  email,
  text,
  disabled,
}: {
  readonly email: FieldState
  readonly text: Text
  readonly disabled: boolean
}) {
  return (
    <Field
      {...email.props}
      label={text.fields.email}
      disabled={disabled}
      type="email"
      name="email"
      autoComplete="email"
      inputMode="email"
      maxLength={254}
    />
  )
}

/** The button that sends the form. */
export function PayButton({
  text,
  amount,
  isPaying,
  isDisabled,
}: Pick<PayFormProps, 'text' | 'amount'> & { isPaying: boolean; isDisabled: boolean }) {
  return (
    <button type="submit" className="primary" disabled={isDisabled} aria-busy={isPaying}>
      {isPaying ? text.paying : text.pay(amount)}
    </button>
  )
}

type Order = Omit<Parameters<PageApi['pay']>[0], 'token'>

/** Tokenizes the entered data and pays with the token. */
function usePay(api: PageApi, show: (page: PaymentPage) => void) {
  const [isPaying, setPaying] = useState(false)
  const [fault, setFault] = useState<Fault | null>(null)
  async function pay(source: TestSource, order: Order) {
    setPaying(true)
    try {
      const { token } = await api.tokenize(source)
      show(await api.pay({ ...order, token }))
    } catch (error) {
      setFault(error instanceof PageError ? error.fault : 'unreachable')
      // The payment may have succeeded although its answer was lost, so its state is read again.
      await api.read().then(show, () => undefined)
    } finally {
      setPaying(false)
    }
  }
  return { pay, isPaying, fault, clearFault: () => setFault(null) }
}

/** The text below the button: privacy or mandate, and in test mode the data to test with. */
function Hints({
  page,
  method,
  text,
  amount,
}: Pick<PayFormProps, 'page' | 'text' | 'amount'> & { method: CheckoutMethod }) {
  return (
    <>
      <p className="small">
        {method === 'card' ? text.cardPrivacy : text.mandate(page.merchant_name, amount)}
      </p>
      {page.livemode ? null : (
        <p className="small">{method === 'card' ? text.testCard : text.testAccount}</p>
      )}
    </>
  )
}
