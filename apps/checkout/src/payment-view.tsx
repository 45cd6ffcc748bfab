import type { PaymentPage } from '@hedgepayments/contract'
import { formatMoney } from '@hedgepayments/contract/amounts'
import type { PageApi } from './api.ts'
import { PayForm } from './form/pay-form.tsx'
import { ConfirmStep } from './steps/confirm-step.tsx'
import { NotHere } from './steps/not-here.tsx'
import { Outcome } from './steps/outcome.tsx'
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
  const { page, aheadMs, text, locale, reload } = props
  const amount = formatMoney({ minor: page.amount, currency: page.currency }, locale)
  const now = () => new Date(Date.now() + aheadMs)
  return (
    <>
      <Summary {...{ page, text, locale, amount, now }} onExpired={reload} />
      <section className="step">
        <Step {...props} amount={amount} now={now} />
      </section>
    </>
  )
}

function Step({
  page,
  api,
  text,
  amount,
  now,
  show,
  isOffline,
}: PaymentViewProps & { amount: string; now: () => Date }) {
  switch (page.stage) {
    case 'open':
      return page.methods.length === 0 ? (
        <NotHere {...{ page, text }} />
      ) : (
        <PayForm {...{ page, api, text, amount, now, show, isOffline }} />
      )
    case 'confirming':
      return <ConfirmStep {...{ page, api, text, amount, show, isOffline }} />
    default:
      return <Outcome stage={page.stage} {...{ page, text, amount }} />
  }
}
