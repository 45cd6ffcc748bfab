import type { PaymentPage, PaymentPageStage } from '@hedgepayments/contract'
import { useEffect, useRef } from 'react'
import type { Text } from './text/en.ts'

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
      <Mark kind={marks[stage]} />
      <Title title={title} />
      {decline ? <p>{decline}</p> : null}
      <p>{describe(amount, page.merchant_name)}</p>
      {isPaid ? (
        <p className="small">{wayOn ? text.continuing(page.merchant_name) : text.done}</p>
      ) : null}
      {wayOn ? (
        <a className="primary" href={wayOn}>
          {isPaid ? text.continueTo(page.merchant_name) : text.back(page.merchant_name)}
        </a>
      ) : null}
    </div>
  )
}

/**
 * A live payment that nobody has submitted yet: cards of the real world are for fields of their
 * processor, which only the merchant's own page has.
 */
export function NotHere({ page, text }: { page: PaymentPage; text: Text }) {
  const { title, text: describe } = text.notHere
  return (
    <div className="outcome">
      <h2 className="title">{title}</h2>
      <p>{describe(page.merchant_name)}</p>
      <p className="small">{text.notHere.warning}</p>
      {page.cancel_url ? (
        <a className="primary" href={page.cancel_url}>
          {text.back(page.merchant_name)}
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
      <Mark kind={kind === 'broken' ? 'wrong' : 'plain'} />
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

type MarkKind = 'good' | 'wrong' | 'plain'

const marks: Readonly<Record<FinalStage, MarkKind>> = {
  accepted: 'good',
  paid: 'good',
  refunded: 'plain',
  declined: 'wrong',
  canceled: 'plain',
  expired: 'plain',
}

const drawings: Readonly<Record<MarkKind, string>> = {
  good: 'M6 12.5l4 4 8-9',
  wrong: 'M12 6v8M12 17.5v.5',
  plain: 'M7 12h10',
}

/** How it ended, at a glance; the title says it in words. */
function Mark({ kind }: { kind: MarkKind }) {
  return (
    <svg className={`mark ${kind}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawings[kind]} />
    </svg>
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
