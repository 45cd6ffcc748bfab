import { formatWithCode } from '@hedgepayments/contract/amounts'
import type { CheckoutSession } from '@hedgepayments/node'
import { formatTime } from '../../output/format.ts'
import { renderFields } from '../../output/table.ts'
import { paint, type Style } from '../../output/terminal.ts'

const statusStyles: Readonly<Record<CheckoutSession['status'], Style>> = {
  open: 'yellow',
  complete: 'green',
  expired: 'dim',
}

/** A checkout session with all fields that have a value. */
export function renderSession(session: CheckoutSession): string {
  const { id, status, amount, currency, payment_id: paymentId } = session
  const time = (at: string | null) => (at === null ? null : `${formatTime(at)} UTC`)
  const metadata = Object.entries(session.metadata).map(([key, value]) => `${key}=${value}`)
  const head = [
    id,
    paint(statusStyles[status], status),
    formatWithCode({ minor: amount, currency }),
  ]
  if (!session.livemode) head.push(paint('dim', 'test mode'))
  return `${head.join('  ')}\n${renderFields([
    ['page', session.url],
    ['payment', paymentId === null ? null : `${paymentId} ${session.payment_status ?? ''}`],
    ['customer', session.customer_email],
    ['customer id', session.customer_id],
    ['methods', session.payment_method_types.join(', ')],
    ['description', session.description],
    ['statement', session.statement_descriptor],
    ['metadata', metadata.length > 0 ? metadata.join(', ') : null],
    ['cancel window', session.cancel_window > 0 ? `${session.cancel_window} s` : null],
    ['capture', session.capture_method === 'manual' ? 'manual' : null],
    ['success page', session.success_url],
    ['cancel page', session.cancel_url],
    ['expires', status === 'open' ? time(session.expires_at) : null],
    ['completed', time(session.completed_at)],
    ['created', time(session.created_at)],
  ])}`
}
