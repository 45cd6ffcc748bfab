import type { Payment } from '@hedgepayments/contract'
import { useServerNow } from '../../clock.ts'
import { formatCountdown } from '../../format.ts'

/** The time left to cancel: until the window or the authorization ends, or the payment expires. */
export function Countdown({ payment }: { payment: Payment }) {
  const now = useServerNow()
  if (!payment.cancelable) return null
  const isInitiated = payment.status === 'initiated'
  const until = isInitiated ? payment.cancelable_until : payment.expires_at
  if (until === null) return null
  const leftMs = Date.parse(until) - now
  if (leftMs <= 0) {
    const isSubmitted = isInitiated && payment.capture_method === 'automatic'
    return (
      <p className="countdown countdown-over">{isSubmitted ? 'Being submitted…' : 'Expiring…'}</p>
    )
  }
  return (
    <p className="countdown">
      <span className="quiet">{isInitiated ? 'Can be canceled for' : 'Expires in'}</span>{' '}
      <time dateTime={until}>{formatCountdown(leftMs)}</time>
    </p>
  )
}
