import { formatWithCode } from '@hedgepayments/contract/amounts'
import type { HedgeEvent, Payment, PaymentStatus, Refund } from '@hedgepayments/node'
import { formatTime, shortTime } from './format.ts'
import { type Column, renderFields } from './table.ts'
import { paint, type Style } from './terminal.ts'

/** The columns of a list of payments. */
export const paymentColumns: readonly Column<Payment>[] = [
  { title: 'ID', value: (payment) => payment.id },
  { title: 'STATUS', value: (payment) => paintStatus(payment.status) },
  {
    title: 'AMOUNT',
    align: 'right',
    value: (payment) => formatWithCode({ minor: payment.amount, currency: payment.currency }),
  },
  { title: 'CUSTOMER', widthMin: 12, value: (payment) => payment.customer_email },
  {
    title: 'CREATED (UTC)',
    value: (payment) => formatTime(payment.created_at),
    short: { title: 'CREATED', value: (payment) => shortTime(payment.created_at) },
    leaveOut: 1,
  },
]

/** The payment of an event; the object of an event without a payment. */
function subjectOf({ data }: HedgeEvent): string {
  return data.object === 'dispute' ? data.payment : data.id
}

/** The columns of a list of events. */
export const eventColumns: readonly Column<HedgeEvent>[] = [
  {
    title: 'CREATED (UTC)',
    value: (event) => formatTime(event.created),
    short: { title: 'CREATED', value: (event) => shortTime(event.created) },
  },
  { title: 'EVENT', value: (event) => event.type },
  { title: 'PAYMENT', value: subjectOf },
  { title: 'SEQ', align: 'right', value: (event) => String(event.sequence) },
  {
    title: 'BY',
    value: (event) => event.actor.id ?? event.actor.type,
    widthMin: 8,
    leaveOut: 1,
  },
  { title: 'ID', value: (event) => event.id, leaveOut: 2 },
]

/** An event in one line: its time in UTC, type, object and id. */
export function renderEventLine({ created, type, data, id }: HedgeEvent): string {
  return `${formatTime(created)}  ${type.padEnd(26)}  ${data.id}  ${id}`
}

/** A payment in one line: its id, status and amount. */
export function renderPaymentLine(payment: Payment): string {
  const { id, status, amount, currency } = payment
  const padding = ' '.repeat(Math.max(0, statusLengthMax - status.length))
  const money = (minor: number) => formatWithCode({ minor, currency })
  const line = `${id}  ${paintStatus(status)}${padding}  ${money(amount)}`
  return isCapturedInPart(payment) ? `${line}, ${money(payment.captured_amount)} captured` : line
}

function isCapturedInPart({ captured_amount: captured, amount }: Payment): boolean {
  return captured > 0 && captured < amount
}

/** The length of the longest status, `partially_refunded`. */
const statusLengthMax = 18

/** A payment with all fields that have a value. */
export function renderPayment(payment: Payment): string {
  const money = (minor: number | null) =>
    minor === null ? null : formatWithCode({ minor, currency: payment.currency })
  const time = (at: string | null) => (at === null ? null : `${formatTime(at)} UTC`)
  const isOpen = payment.status === 'pending'
  const isAuthorized = payment.status === 'initiated'
  const hasWindow = isOpen && payment.cancel_window > 0
  const isPart = isCapturedInPart(payment)
  const isManual = payment.capture_method === 'manual'
  const isCaptured = isManual && payment.captured_amount > 0
  const head = [payment.id, paintStatus(payment.status), money(payment.amount)]
  if (!payment.livemode) head.push(paint('dim', 'test mode'))
  const metadata = Object.entries(payment.metadata).map(([key, value]) => `${key}=${value}`)
  return [
    head.join('  '),
    renderFields([
      ['customer', payment.customer_email],
      ['customer id', payment.customer_id],
      ['method', methodOf(payment)],
      ['checkout session', payment.checkout_session_id],
      ['description', payment.description],
      ['statement', payment.statement_descriptor],
      ['metadata', metadata.length > 0 ? metadata.join(', ') : null],
      ['failure', failureOf(payment)],
      ['next action', nextActionOf(payment)],
      ['captured', isPart || isCaptured ? money(payment.captured_amount) : null],
      ['refunded', payment.refunded_amount > 0 ? money(payment.refunded_amount) : null],
      ['disputed', payment.disputed ? 'yes' : null],
      ...refundFields(payment),
      ['fee', money(payment.fee)],
      ['net', money(payment.net_amount)],
      ['cancel reason', payment.cancellation_reason],
      ['canceled', time(payment.canceled_at)],
      ['capture', isManual ? 'manual' : null],
      ['authorized until', isAuthorized ? time(payment.authorization_expires_at) : null],
      ['cancel window', hasWindow ? `${payment.cancel_window} s` : null],
      ['undo until', payment.cancelable ? time(payment.cancelable_until) : null],
      ['settled', time(payment.settled_at)],
      ['page', isOpen ? payment.url : null],
      ['success page', payment.success_url],
      ['cancel page', payment.cancel_url],
      ['expires', isOpen ? time(payment.expires_at) : null],
      ['created', time(payment.created_at)],
      ['updated', time(payment.updated_at)],
      ['can be', payment.allowed_actions.map((action) => participles[action]).join(', ') || null],
    ]),
  ].join('\n')
}

/** The method with what is known of the card or account: `card: visa 4242, expires 12/2034, US`. */
function methodOf({ payment_method: method, payment_method_details: details }: Payment): string {
  if (details === null) return method
  const { brand, bank_name, last4, exp_month: month, exp_year: year, country, wallet } = details
  const name = [brand ?? bank_name, last4].filter((part) => part !== null).join(' ')
  const expiry =
    month === null || year === null ? '' : `expires ${String(month).padStart(2, '0')}/${year}`
  const parts = [name, expiry, country ?? '', wallet ?? ''].filter((part) => part !== '')
  return parts.length === 0 ? method : `${method}: ${parts.join(', ')}`
}

/** The code, which programs and the documentation use, and the reason. */
function failureOf(failed: Pick<Payment, 'failure_code' | 'failure_message'>): string | null {
  const parts = [failed.failure_code, failed.failure_message].filter((part) => part !== null)
  return parts.join(': ') || null
}

function nextActionOf({ next_action: next }: Payment): string | null {
  return next === null ? null : `send the customer to ${next.url}`
}

/** More refunds are not read line by line. `--json` has all of them. */
const refundsShownMax = 10

/** The newest refunds, oldest first. */
function refundFields({ refunds }: Payment): [string, string][] {
  const shown = refunds.slice(-refundsShownMax)
  const hidden = refunds.length - shown.length
  const earlier: [string, string][] =
    hidden > 0 ? [['refunds', `${hidden} earlier (--json lists them)`]] : []
  return [...earlier, ...shown.map((refund): [string, string] => ['refund', refundOf(refund)])]
}

function refundOf(refund: Refund): string {
  const amount = formatWithCode({ minor: refund.amount, currency: refund.currency })
  const why = failureOf(refund) ?? refund.reason
  return `${refund.id}  ${amount}  ${refund.status}${why === null ? '' : `  ${why}`}`
}

const participles = {
  initiate: 'initiated',
  cancel: 'canceled',
  capture: 'captured',
  refund: 'refunded',
  reverse: 'reversed',
} as const

const statusStyles: Readonly<Record<PaymentStatus, Style>> = {
  pending: 'yellow',
  initiated: 'yellow',
  processing: 'cyan',
  succeeded: 'green',
  partially_refunded: 'cyan',
  refunded: 'cyan',
  failed: 'red',
  canceled: 'dim',
}

/** A status in its colour. A status that this version does not know has none. */
export function paintStatus(status: PaymentStatus): string {
  const style: Style | undefined = statusStyles[status]
  return style ? paint(style, status) : status
}
