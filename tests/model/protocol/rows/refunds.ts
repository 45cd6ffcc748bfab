import { statusOfRefunded } from '../../../../packages/server/src/domain/lifecycle.ts'
import type { Refund, State } from '../state.ts'
import { inDatabase, move, post, requestTask } from './database.ts'

/** `leftToRefund` (refund/record-refund.ts) */
export function leftToRefund({ database }: State): number {
  return database.captured - database.refunded
}

/** `recordRefund` (refund/record-refund.ts): the step, the refund, the ledger and the task. */
export function recordRefund(state: State, minor: number): State {
  if (state.database.refunds.length === 2) throw new Error('the model has two refunds')
  const refunds = [
    ...state.database.refunds,
    { amount: minor, status: 'pending', call: null } as const,
  ]
  const moved = withRefunded(state, 'payment.refunded', state.database.refunded + minor)
  const posted = post(moved, { from: 'refunds', to: 'merchant', minor })
  return requestTask(inDatabase(posted, { refunds }), 'refund')
}

/** `recordRefundAnswer` (refund/record-refund-answer.ts). Only a pending refund gets an answer. */
export function recordRefundAnswer(
  state: State,
  { index, isPaid, isGuarded }: { index: number; isPaid: boolean; isGuarded: boolean },
): State {
  const refund = state.database.refunds[index]
  if (!refund || (isGuarded && refund.status !== 'pending')) return state
  const answered = changeRefund(state, index, { status: isPaid ? 'succeeded' : 'failed' })
  const { amount: minor } = refund
  if (isPaid) {
    const moved = move(answered, 'payment.refund_succeeded')
    return post(moved, { from: 'processor', to: 'refunds', minor })
  }
  const failed = withRefunded(answered, 'payment.refund_failed', state.database.refunded - minor)
  return post(failed, { from: 'merchant', to: 'refunds', minor })
}

export function changeRefund(state: State, index: number, change: Partial<Refund>): State {
  const refunds = state.database.refunds.map((refund, n) =>
    n === index ? { ...refund, ...change } : refund,
  )
  return inDatabase(state, { refunds })
}

/** Changes the refunded amount, and computes the status again. */
export function withRefunded(
  state: State,
  event: 'payment.refunded' | 'payment.refund_failed',
  refunded: number,
): State {
  const status = statusOfRefunded({
    capturedMinor: state.database.captured,
    refundedMinor: refunded,
  })
  return move(state, event, { status, refunded })
}
