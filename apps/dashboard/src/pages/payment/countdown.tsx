import type { Payment } from '@hedgepayments/contract'
import { useServerNow } from '../../clock.ts'
import { formatCountdown } from '../../format.ts'

/** The time left to cancel: until the cancel window ends, or until the payment expires. */
export function Countdown({ payment }: { payment: Payment }) {
  const now = useServerNow()
  if (!payment.cancelable) return null
  const hasWindow = payment.status === 'initiated' && payment.cancelable_until !== null
  const until = hasWindow ? payment.cancelable_until : payment.expires_at
  if (until === null) return null
  const leftMs = Date.parse(until) - now
  if (leftMs <= 0) {
    return (
      <p className="countdown countdown-over">{hasWindow ? 'Being submitted…' : 'Expiring…'}</p>
    )
  }
  return (
    <p className="countdown">
      <span className="quiet">{hasWindow ? 'Can be canceled for' : 'Expires in'}</span>{' '}
      <time dateTime={until}>{formatCountdown(leftMs)}</time>
    </p>
  )
}
