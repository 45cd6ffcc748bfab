import type { PaymentPage, PaymentPageStage } from '@hedgepayments/contract'
import { useEffect } from 'react'
import type { Text } from '../text/en.ts'
import { FocusedTitle } from './focused-title.tsx'
import { Mark, type MarkKind } from './mark.tsx'

/** Time to read two lines before the browser goes to the merchant. */
const redirectMs = 3_000

type FinalStage = Exclude<PaymentPageStage, 'open' | 'confirming'>

/** The outcome of the payment, and the link back to the merchant. */
export function Outcome({
  stage,
  page,
  text,
  amount,
}: {
  stage: FinalStage
  page: PaymentPage
  text: Text
  amount: string
}) {
  const { merchant_name: merchant, decline_code: declineCode } = page
  // The money of a bank debit moves days later, and the page need not stay open for that.
  const isDebit = stage === 'accepted' && page.payment_method === 'ach'
  const { title, text: describe } = text.outcomes[isDebit ? 'debited' : stage]
  const isPaid = stage === 'accepted' || stage === 'paid'
  const url = isPaid ? page.success_url : page.cancel_url
  useRedirect(isPaid ? page.success_url : null)
  return (
    <div className={`outcome ${stage}`}>
      <Mark kind={marks[stage]} />
      <FocusedTitle>{title}</FocusedTitle>
      {stage === 'declined' && declineCode ? (
        <p>{text.declines[declineCode] ?? text.declines.other}</p>
      ) : null}
      <p>{describe(amount, merchant)}</p>
      {isPaid ? <p className="small">{url ? text.continuing(merchant) : text.done}</p> : null}
      {url ? (
        <a className="primary" href={url}>
          {isPaid ? text.continueTo(merchant) : text.back(merchant)}
        </a>
      ) : null}
    </div>
  )
}

const marks: Readonly<Record<FinalStage, MarkKind>> = {
  accepted: 'good',
  paid: 'good',
  refunded: 'plain',
  declined: 'wrong',
  canceled: 'plain',
  expired: 'plain',
}

function useRedirect(url: string | null) {
  useEffect(() => {
    if (url === null) return undefined
    const timer = setTimeout(() => location.assign(url), redirectMs)
    return () => clearTimeout(timer)
  }, [url])
}
