import type { CheckoutMethod, PaymentPage } from '@hedgepayments/contract'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { type Fault, type PageApi, PageError } from '../api.ts'
import type { Text } from '../text/en.ts'
import { BankFields } from './bank-fields.tsx'
import { CardFields, type SourceFields } from './card-fields.tsx'
import { checkEmail } from './check.ts'
import { Field } from './field.tsx'
import { useChecked } from './use-checked.ts'

/** The form that pays. What is typed into it leaves it once, when it is sent. */
export function PayForm({
  page,
  api,
  text,
  amount,
  now,
  isOffline,
  show,
}: {
  page: PaymentPage
  api: PageApi
  text: Text
  amount: string
  now: () => Date
  isOffline: boolean
  show: (page: PaymentPage) => void
}) {
  const [method, setMethod] = useState<CheckoutMethod>(page.methods[0] ?? 'card')
  const [email, setEmail] = useState('')
  const emailRef = useRef<HTMLInputElement>(null)
  const fields = useRef<SourceFields>(null)
  const [wasSent, setSent] = useState(false)
  const [isPaying, setPaying] = useState(false)
  const [fault, setFault] = useState<Fault | null>(null)
  const emailCheck = useChecked((moment) => checkEmail(email, moment, text), wasSent)

  async function pay(event: FormEvent) {
    event.preventDefault()
    if (isPaying) return
    setSent(true)
    setFault(null)
    if (page.needs_email && !emailCheck.isRight) return emailRef.current?.focus()
    const source = fields.current?.read()
    if (!source) return
    setPaying(true)
    try {
      const { token } = await api.tokenize(source)
      show(await api.pay({ method, token, ...(page.needs_email ? { email: email.trim() } : {}) }))
    } catch (error) {
      setFault(error instanceof PageError ? error.fault : 'unreachable')
      // The answer may be lost although the payment went through: what is true is read again.
      await api.read().then(show, () => undefined)
    } finally {
      setPaying(false)
      setSent(false)
    }
  }

  const merchant = page.merchant_name
  const setOf = { text, wasSent, disabled: isPaying, fields }
  return (
    <form onSubmit={(event) => void pay(event)} noValidate aria-label={text.payTo(merchant)}>
      <Alert text={text} fault={fault} page={page} isPaying={isPaying} />
      {page.needs_email ? (
        <Field
          label={text.fields.email}
          problem={emailCheck.problem}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          onBlur={emailCheck.onBlur}
          inputRef={emailRef}
          disabled={isPaying}
          type="email"
          name="email"
          autoComplete="email"
          inputMode="email"
          maxLength={254}
        />
      ) : null}
      {page.methods.length > 1 ? (
        <fieldset className="methods" disabled={isPaying}>
          <legend>{text.method}</legend>
          {page.methods.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="method"
                checked={each === method}
                onChange={() => setMethod(each)}
              />
              <span>{text.methods[each]}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      {method === 'card' ? <CardFields {...setOf} now={now} /> : <BankFields {...setOf} />}
      <button type="submit" className="primary" disabled={isOffline} aria-busy={isPaying}>
        {isPaying ? text.paying : text.pay(amount)}
      </button>
      <p className="small">
        {method === 'card' ? text.cardPrivacy : text.mandate(merchant, amount)}
      </p>
      {page.livemode ? null : (
        <p className="small">{method === 'card' ? text.testCard : text.testAccount}</p>
      )}
    </form>
  )
}

/** Why the last try came to nothing. Gets the focus, so that it is read out and seen on a phone. */
function Alert({
  text,
  fault,
  page,
  isPaying,
}: {
  text: Text
  fault: Fault | null
  page: PaymentPage
  isPaying: boolean
}) {
  const ref = useRef<HTMLDivElement>(null)
  const declined = page.decline_code
    ? (text.declines[page.decline_code] ?? text.declines.other ?? '')
    : null
  const shown = isPaying ? null : fault ? faultText(fault, text) : declined
  useEffect(() => {
    if (shown) ref.current?.focus()
  }, [shown])
  return (
    <div ref={ref} role="alert" tabIndex={-1} className={shown ? 'alert' : 'none'}>
      {shown ? (
        <>
          <p>{shown}</p>
          {fault ? null : <p>{text.anotherTry}</p>}
        </>
      ) : null}
    </div>
  )
}

function faultText(fault: Fault, text: Text): string {
  switch (fault) {
    case 'tooMany':
      return text.faults.tooMany
    case 'tokenRefused':
      return text.faults.tokenRefused
    case 'missing':
    case 'notTaken':
      return text.faults.notTaken
    case 'unreachable':
      return text.faults.unreachable
  }
}
