import type { Payment } from '@hedgepayments/contract'
import { useServerNow } from '../../clock.ts'
import { formatCountdown } from '../../format.ts'

/** How long a cancel is still sure to be in time: the undo window, or until the payment expires. */
export function Countdown({ payment }: { payment: Payment }) {
  const now = useServerNow()
  if (!payment.cancelable) return null
  const isWaiting = payment.status === 'initiated' && payment.cancelable_until !== null
  const until = isWaiting ? payment.cancelable_until : payment.expires_at
  if (until === null) return null
  const leftMs = Date.parse(until) - now
  if (leftMs <= 0) {
    return (
      <p className="countdown countdown-over">{isWaiting ? 'Being submitted…' : 'Expiring…'}</p>
    )
  }
  return (
    <p className="countdown">
      <span className="quiet">{isWaiting ? 'Can be canceled for' : 'Expires in'}</span>{' '}
      <time dateTime={until}>{formatCountdown(leftMs)}</time>
    </p>
  )
}
