import type { PaymentPage } from '@hedgepayments/contract'
import { formatMoney } from '@hedgepayments/contract/amounts'
import { useState } from 'react'
import type { PageApi } from './api.ts'
import { PayForm } from './form/pay-form.tsx'
import { useBankReturn } from './live/use-bank-return.ts'
import { ConfirmStep } from './steps/confirm-step.tsx'
import { NotHere } from './steps/not-here.tsx'
import { Outcome } from './steps/outcome.tsx'
import { StripeForm } from './stripe/stripe-form.tsx'
import { Summary } from './summary.tsx'
import type { Text } from './text/en.ts'

interface PaymentViewProps {
  readonly page: PaymentPage
  /** Server's clock minus this device's clock. */
  readonly aheadMs: number
  readonly api: PageApi
  readonly text: Text
  readonly locale: string
  readonly show: (page: PaymentPage) => void
  readonly reload: () => void
  readonly isOffline: boolean
}

/** The payment's summary, and the step that its stage requires. */
export function PaymentView(props: PaymentViewProps) {
  const { page, api, show, aheadMs, text, locale, reload } = props
  const isChecking = useBankReturn(api, show, page.stage)
  const amount = formatMoney({ minor: page.amount, currency: page.currency }, locale)
  const now = () => new Date(Date.now() + aheadMs)
  return (
    <>
      <Summary {...{ page, text, locale, amount, now }} onExpired={reload} />
      <section className="step">
        <Step {...props} {...{ amount, now, isChecking }} />
      </section>
    </>
  )
}

interface StepProps extends PaymentViewProps {
  readonly amount: string
  readonly now: () => Date
  /** Whether the bank's answer is awaited. */
  readonly isChecking: boolean
}

function Step(props: StepProps) {
  const { page, text, amount } = props
  switch (page.stage) {
    case 'open':
      return <PayStep {...props} />
    case 'confirming':
      return <ConfirmOrPayStep {...props} />
    default:
      return <Outcome stage={page.stage} {...{ page, text, amount }} />
  }
}

function PayStep({ page, api, text, amount, now, show, isOffline }: StepProps) {
  if (page.methods.length === 0) return <NotHere {...{ page, text }} />
  return page.stripe ? (
    <StripeForm form={page.stripe} {...{ page, api, text, amount, show, isOffline }} />
  ) : (
    <PayForm {...{ page, api, text, amount, now, show, isOffline }} />
  )
}

/** The customer who does not want to confirm can pay in another way, if the processor allows it. */
function ConfirmOrPayStep(props: StepProps) {
  const { page, api, text, amount, show, isOffline, isChecking } = props
  const [wantsOther, setWantsOther] = useState(false)
  const canPayOther = page.stripe !== null && page.methods.length > 0
  if (wantsOther && canPayOther) return <PayStep {...props} />
  const onOther = canPayOther ? () => setWantsOther(true) : null
  return <ConfirmStep {...{ page, api, text, amount, show, isOffline, isChecking, onOther }} />
}
