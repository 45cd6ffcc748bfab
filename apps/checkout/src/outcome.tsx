import type { PaymentPage, PaymentPageStage } from '@hedgepayments/contract'
import { useEffect, useRef } from 'react'
import type { Text } from './text.en.ts'

/** Long enough to read two lines. */
const redirectMs = 3_000

type FinalStage = Exclude<PaymentPageStage, 'open' | 'confirming'>

/** How it ended, and the way on. */
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
  const { title, text: describe } = text.outcomes[stage]
  const isPaid = stage === 'accepted' || stage === 'paid'
  const decline =
    stage === 'declined' && page.decline_code
      ? (text.declines[page.decline_code] ?? text.declines.other)
      : undefined
  const wayOn = isPaid ? page.success_url : page.cancel_url
  useRedirect(isPaid ? page.success_url : null)
  return (
    <div className={`outcome ${stage}`}>
      <Title title={title} />
      {decline ? <p>{decline}</p> : null}
      <p>{describe(amount, page.merchant_name)}</p>
      {isPaid && wayOn ? <p className="small">{text.continuing(page.merchant_name)}</p> : null}
      {wayOn ? (
        <a className="primary" href={wayOn}>
          {isPaid ? text.continueTo(page.merchant_name) : text.back(page.merchant_name)}
        </a>
      ) : null}
    </div>
  )
}

/** What is said where there is no payment to show. */
export function Notice({
  kind,
  title,
  text,
  retry,
}: {
  kind: 'missing' | 'broken'
  title: string
  text: string
  retry?: { label: string; onClick: () => void }
}) {
  return (
    <div className={`outcome alone ${kind}`}>
      <Title title={title} level={1} />
      <p>{text}</p>
      {retry ? (
        <button type="button" className="primary" onClick={retry.onClick}>
          {retry.label}
        </button>
      ) : null}
    </div>
  )
}

/** Gets the focus, so that a screen reader says how it ended as soon as it has. */
function Title({ title, level = 2 }: { title: string; level?: 1 | 2 }) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => ref.current?.focus(), [])
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <Heading ref={ref} tabIndex={-1} className="title">
      {title}
    </Heading>
  )
}

function useRedirect(url: string | null) {
  useEffect(() => {
    if (url === null) return undefined
    const timer = setTimeout(() => location.assign(url), redirectMs)
    return () => clearTimeout(timer)
  }, [url])
}
