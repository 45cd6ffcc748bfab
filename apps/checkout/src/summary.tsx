import type { PaymentPage } from '@hedgepayments/contract'
import { useEffect, useState } from 'react'
import type { Text } from './text/en.ts'

/** With more time left than this, the page shows the time of day instead of a countdown. */
const countdownMsMax = 3_600_000

interface SummaryProps {
  readonly page: PaymentPage
  readonly text: Text
  readonly locale: string
  /** Formatted. */
  readonly amount: string
  /** The server's time. */
  readonly now: () => Date
  readonly onExpired: () => void
}

/** Merchant, amount, description and expiry of the payment. */
export function Summary(props: SummaryProps) {
  const { page, text, amount } = props
  const isOpen = page.stage === 'open' || page.stage === 'confirming'
  return (
    <section className="summary">
      {isOpen && page.cancel_url ? (
        <a className="back" href={page.cancel_url}>
          {text.back(page.merchant_name)}
        </a>
      ) : null}
      <h1>{text.payTo(page.merchant_name)}</h1>
      <p className="amount">{amount}</p>
      {page.description ? <p className="description">{page.description}</p> : null}
      {isOpen ? <Expiry {...props} /> : null}
    </section>
  )
}

function Expiry({ page, text, locale, now, onExpired }: SummaryProps) {
  const expiresAt = new Date(page.expires_at)
  const leftMs = useLeftMs(expiresAt, now, onExpired)
  if (leftMs > countdownMsMax) {
    const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
    return <p className="expiry">{text.expiresAt(format.format(expiresAt))}</p>
  }
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return (
    <p className={seconds < 60 ? 'expiry soon' : 'expiry'} role="timer">
      {text.expiresIn(time)}
    </p>
  )
}

/** Milliseconds left, updated each second. Calls `onExpired` once none are left. */
function useLeftMs(expiresAt: Date, now: () => Date, onExpired: () => void): number {
  const [, setTick] = useState(0)
  const leftMs = expiresAt.getTime() - now().getTime()
  const isOver = leftMs <= 0
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (isOver) onExpired()
  }, [isOver, onExpired])
  return leftMs
}
