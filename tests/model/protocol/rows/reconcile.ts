import type { Paid, State, Worker } from '../state.ts'
import { move, post } from './database.ts'
import { leftToRefund, recordRefund, recordRefundAnswer, withRefunded } from './refunds.ts'

type Before = NonNullable<Worker['before']>

export function isPaid(paid: Paid, index: number): boolean {
  return (paid[index] ?? 0) > 0
}

/** `foreign` of `matchRefunds` (view/match-refunds.ts): only the processor has these refunds. */
export function foreignOf(
  { database }: State,
  { paid, statuses }: { paid: Paid; statuses: Before },
): (0 | 1 | 3)[] {
  return ([0, 1, 3] as const).filter((place) => {
    const isNew = isPaid(paid, place) && !database.foreign.includes(place)
    // A refund that has failed here, and was paid by a call that was late.
    return isNew && (place === 3 || statuses[place] === 'failed')
  })
}

/**
 * `reconcileRefunds` (refund/reconcile-refunds.ts): the refunds here agree with those that a look-up has shown.
 * `agrees`: not where the processor reports more refunds than can be recorded.
 */
export function reconcileRefunds(
  state: State,
  { paid, before }: { paid: Paid; before: Before },
): { reconciled: State; agrees: boolean } {
  const { refunds } = state.database
  const foreign = foreignOf(state, { paid, statuses: refunds.map(({ status }) => status) })
  const isAllRequested = leftToRefund(state) === 0
  let reconciled = state
  const waiting: number[] = []
  let isUnable = false
  for (const [index, { status }] of refunds.entries()) {
    if (status !== 'pending') continue
    const isDeclined = !isPaid(paid, index) && before[index] === 'declined'
    if (!isPaid(paid, index) && !isDeclined) waiting.push(index)
    else reconciled = answer(reconciled, index, !isDeclined)
    isUnable ||= isDeclined
  }
  let agrees = true
  for (const place of foreign) {
    const minor = place === 3 ? 1 : (refunds[place]?.amount ?? 0)
    const free = waiting.reduce((sum, index) => sum + (refunds[index]?.amount ?? 0), 0)
    if (leftToRefund(reconciled) + free < minor) {
      agrees = false
      continue
    }
    while (leftToRefund(reconciled) < minor) {
      reconciled = answer(reconciled, waiting.pop() ?? -1, false)
      isUnable = true
    }
    reconciled = recordForeignRefund(reconciled, place, minor)
  }
  const left = leftToRefund(reconciled)
  // `refundRemainder`
  const isRemaining = isAllRequested && isUnable && foreign.length > 0 && left > 0
  return { reconciled: isRemaining ? recordRefund(reconciled, left) : reconciled, agrees }
}

function answer(state: State, index: number, isNowPaid: boolean): State {
  return recordRefundAnswer(state, { index, isPaid: isNowPaid, isGuarded: true })
}

/** `recordForeignRefund` (refund/record-refund.ts): the refund and its result. */
function recordForeignRefund(state: State, place: 0 | 1 | 3, minor: number): State {
  const { refunded, foreign } = state.database
  const moved = withRefunded(state, 'payment.refunded', refunded + minor)
  const requested = post(moved, { from: 'refunds', to: 'merchant', minor })
  const answered = move(requested, 'payment.refund_succeeded', { foreign: [...foreign, place] })
  return post(answered, { from: 'processor', to: 'refunds', minor })
}
