import type { CheckoutMethod, StripeForm as FormData, PaymentPage } from '@hedgepayments/contract'
import { type FormEvent, useState } from 'react'
import { type PageApi, PageError } from '../api.ts'
import { checkEmail } from '../form/check.ts'
import { FailureAlert, type Trouble } from '../form/failure-alert.tsx'
import { EmailField, PayButton } from '../form/pay-form.tsx'
import { checkAll, useField } from '../form/use-field.ts'
import type { Text } from '../text/en.ts'
import { collect } from './collect.ts'
import { FieldsNotice } from './fields-notice.tsx'
import { type StripeFields, useStripeFields } from './use-stripe-fields.ts'

interface StripeFormProps {
  readonly page: PaymentPage
  readonly form: FormData
  readonly api: PageApi
  readonly text: Text
  /** Formatted. */
  readonly amount: string
  readonly isOffline: boolean
  readonly show: (page: PaymentPage) => void
}

/**
 * The form that pays with fields of Stripe: a card or bank account, and the wallets that Stripe offers on
 * this device.
 */
export function StripeForm({ page, form, api, text, amount, isOffline, show }: StripeFormProps) {
  const [wasSent, setSent] = useState(false)
  const { methods, needs_email: hasEmail } = page
  const fields = useStripeFields({ form, methods, hasEmail }, text.code)
  const { pay, isPaying, trouble } = usePay(api, show, { fields, methods })
  const email = useField({ check: (value, phase) => checkEmail(value, phase, text), wasSent })

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (isPaying || fields.state !== 'ready') return
    setSent(true)
    if (hasEmail && !checkAll(email)) return
    await pay(hasEmail ? email.value.trim() : undefined)
    setSent(false)
  }

  if (fields.state === 'failed') return <FieldsNotice state={fields.state} text={text} />
  return (
    <form
      onSubmit={(event) => void submit(event)}
      noValidate
      aria-label={text.payTo(page.merchant_name)}
    >
      <FailureAlert text={text} fault={trouble} page={page} isPaying={isPaying} />
      {hasEmail ? <EmailField email={email} text={text} disabled={isPaying} /> : null}
      <FieldsNotice state={fields.state} text={text} />
      <div ref={fields.container} className="stripe" aria-busy={fields.state !== 'ready'} />
      <PayButton
        {...{ text, amount, isPaying }}
        isDisabled={isOffline || fields.state !== 'ready'}
      />
      <Hints {...{ page, text, amount }} method={fields.method} />
    </form>
  )
}

/** The texts below the button: for a bank debit the mandate, for all where the numbers go. */
function Hints({
  page,
  text,
  amount,
  method,
}: Pick<StripeFormProps, 'page' | 'text' | 'amount'> & { method: CheckoutMethod }) {
  const isBank = method === 'ach'
  return (
    <>
      {isBank ? <p className="small">{text.mandate(page.merchant_name, amount)}</p> : null}
      <p className="small">{isBank ? text.bankPrivacy : text.cardPrivacy}</p>
      {page.livemode ? null : (
        <p className="small">{isBank ? text.stripe.testBank : text.testCard}</p>
      )}
    </>
  )
}

/** Collects a payment method and pays with it. Goes to the bank's page if the bank asks for that. */
function usePay(
  api: PageApi,
  show: (page: PaymentPage) => void,
  { fields, methods }: { fields: StripeFields; methods: PaymentPage['methods'] },
) {
  const [isPaying, setPaying] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  async function pay(email: string | undefined) {
    const opened = fields.opened.current
    if (!opened) return
    setPaying(true)
    setTrouble(null)
    try {
      const collected = await collect(opened, { methods, method: fields.method, email })
      if ('said' in collected) setTrouble(collected)
      if (!('token' in collected)) return
      const next = await api.pay({ ...collected, ...(email ? { email } : {}) })
      show(next)
      if (next.stage === 'confirming' && next.confirm_url) location.assign(next.confirm_url)
    } catch (error) {
      setTrouble(error instanceof PageError ? error.fault : 'unreachable')
      // The payment may have succeeded although its answer was lost, so its state is read again.
      await api.read().then(show, () => undefined)
    } finally {
      setPaying(false)
    }
  }
  return { pay, isPaying, trouble }
}
