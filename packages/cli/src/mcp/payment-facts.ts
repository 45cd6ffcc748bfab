import { formatWithCode } from '@hedgepayments/contract/amounts'
import type { Payment } from '@hedgepayments/node'
import { formatTime } from '../output/format.ts'
import { quoted } from './results.ts'

/** `2024-06-15 10:32:00 UTC`. */
export const timeOf = (timestamp: string) => `${formatTime(timestamp)} UTC`

/** An amount of a payment's currency: `99.99 USD`. */
export function moneyOf(minor: number, { currency }: { currency: string }): string {
  return formatWithCode({ minor, currency })
}

/** The remainder that can still be refunded, in minor units. */
export const refundableOf = (payment: Payment) => payment.captured_amount - payment.refunded_amount

/**
 * The facts of a payment for a program. Without the payment's page: with its address anybody could
 * act as the customer.
 */
export function factsOfPayment(payment: Payment): Record<string, unknown> {
  const { url: _page, success_url: _success, cancel_url: _cancel, ...rest } = payment
  const { next_action: next, ...facts } = rest
  return {
    ...facts,
    amount_text: moneyOf(payment.amount, payment),
    refunded_text: moneyOf(payment.refunded_amount, payment),
    waits_for_customer: next !== null,
  }
}

/** One line about a payment. */
export function lineOf(payment: Payment): string {
  return [
    `${payment.id}: ${payment.status}`,
    moneyOf(payment.amount, payment),
    `customer ${quoted(payment.customer_email)}`,
    `created ${timeOf(payment.created_at)}`,
    `possible now: ${payment.allowed_actions.join(', ') || 'nothing'}`,
  ].join(', ')
}

/** What is possible with a payment now, and until when, in sentences. */
export function possibleNow(payment: Payment): string[] {
  const { allowed_actions: actions, status } = payment
  const lines = [
    actions.length > 0 ? `Possible now: ${actions.join(', ')}.` : 'No action is possible now.',
  ]
  if (actions.includes('cancel') && payment.cancelable_until !== null) {
    lines.push(`A cancel is guaranteed until ${timeOf(payment.cancelable_until)}.`)
  }
  if (actions.includes('refund')) {
    lines.push(`Up to ${moneyOf(refundableOf(payment), payment)} can be refunded.`)
  }
  if (payment.disputed && status === 'failed') {
    lines.push('The bank has returned the debit: it is not paid, and the customer has the money.')
  } else if (payment.disputed) {
    lines.push(
      'The customer disputes it at the bank, so it must not be refunded: answer the dispute.',
    )
  }
  if (status === 'pending') {
    lines.push(`Without a further step it is canceled at ${timeOf(payment.expires_at)}.`)
  }
  if (payment.next_action !== null) lines.push('It waits for the customer.')
  if (status === 'processing') {
    lines.push('It cannot be canceled, because the network has it. Wait for the result.')
  }
  return lines
}
