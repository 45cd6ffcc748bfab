import { type PaymentStatus, statusesBeforeEvent } from '@hedgepayments/contract'
import type { Aftermath } from './records.ts'

interface Moved {
  readonly after: Aftermath
  readonly isCapturedByHand: boolean
}

/** Statuses in which the processor has the payment's money. */
export const withMoney: readonly PaymentStatus[] = statusesBeforeEvent('payment.settled')

/** The processor's books agree with ours. */
export function judgeBooks({ after, isCapturedByHand }: Moved): string[] {
  const wrong: string[] = []
  const moved = (kind: string) => after.movements.filter((movement) => movement.kind === kind)
  for (const kind of ['authorize', 'capture', 'void']) {
    if (moved(kind).length > 1) wrong.push(`${kind} moved money ${moved(kind).length} times`)
  }
  const captured = sum(moved('capture'))
  const returned = sum(moved('refund'))
  if (returned > captured) wrong.push(`${returned} was returned, ${captured} was captured`)
  switch (after.status) {
    case 'canceled':
      if (captured > 0 && !isCapturedByHand) wrong.push('the canceled payment was captured')
      if (captured !== returned) wrong.push(`the processor keeps ${captured - returned}`)
      if (after.books === 'authorized') wrong.push('an authorization was not voided')
      break
    case 'pending':
    case 'failed':
      if (captured !== returned) wrong.push(`the processor keeps ${captured - returned}`)
      break
    case 'succeeded':
    case 'partially_refunded':
    case 'refunded':
      if (captured !== after.captured_amount) {
        wrong.push(`captured ${captured}, not ${after.captured_amount}`)
      }
      if (returned !== after.refunded_amount) {
        wrong.push(`returned ${returned}, not ${after.refunded_amount}`)
      }
      break
    case 'initiated':
    case 'processing':
      break
  }
  return wrong
}

/** The ledger sums to zero, and its accounts have the payment's amounts. */
export function judgeLedger({ after }: Pick<Moved, 'after'>): string[] {
  const wrong: string[] = []
  const { ledger } = after
  const balanceOf = (name: string) => ledger[name] ?? 0
  const total = Object.values(ledger).reduce((all, balance) => all + balance, 0)
  if (total !== 0) wrong.push(`the ledger sums to ${total}`)
  const hasMoney = withMoney.includes(after.status)
  const kept = hasMoney ? after.captured_amount - after.refunded_amount : 0
  const fee = after.fee ?? 0
  const actual = ['processor', 'merchant_pending', 'fees', 'refunds'].map(balanceOf).join(' ')
  // `+ 0` turns -0 into 0.
  const expected = [-kept, kept - fee, fee, 0].map((balance) => balance + 0).join(' ')
  if (actual !== expected) wrong.push(`the ledger's balances are ${actual}, not ${expected}`)
  return wrong
}

/** The sum of the amounts, in minor units. */
export function sum(amounts: readonly { amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0)
}
