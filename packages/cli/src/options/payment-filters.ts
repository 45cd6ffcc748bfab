import { paymentStatuses } from '@hedgepayments/contract/values'
import type { PaymentStatus } from '@hedgepayments/node'
import { type Command, Option } from 'commander'
import { agesHelp, rangeOf } from '../given-times.ts'
import type { Session } from '../session.ts'
import { choices } from './choices.ts'
import { type CreatedOptions, createdAfterOption, createdBeforeOption } from './created-range.ts'
import { parsePair, parseText } from './parse.ts'

/** The options that select payments. */
export interface FilterOptions extends CreatedOptions {
  readonly status?: readonly PaymentStatus[]
  readonly customerEmail?: string
  readonly customerId?: string
  readonly checkoutSession?: string
  readonly last4?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly needsAttention?: boolean
}

/** Adds the options that select payments. Lists and bulk cancels share them. */
export function withFilters(command: Command): Command {
  const status = new Option(
    '--status <status>',
    'with this status; several with commas or repeated',
  )
  return command
    .addOption(choices(status, paymentStatuses))
    .option(
      '--customer-email <email>',
      'of this customer; upper and lower case are equal',
      parseText,
    )
    .option('--customer-id <id>', 'of this customer, by your own id', parseText)
    .option('--checkout-session <id>', 'of this checkout session', parseText)
    .option('--last4 <digits>', 'whose card or account ends in these four digits', parseText)
    .addOption(createdAfterOption())
    .addOption(createdBeforeOption())
    .option('--metadata <key=value>', 'with this metadata; repeatable', parsePair)
    .option('--needs-attention', 'that wait for an operator: see hedge payments attention')
    .addHelpText('after', agesHelp)
}

/** The names of the options that select payments. The type demands every one of them. */
const filterNames: Readonly<Record<keyof FilterOptions, true>> = {
  status: true,
  customerEmail: true,
  customerId: true,
  checkoutSession: true,
  last4: true,
  createdAfter: true,
  createdBefore: true,
  metadata: true,
  needsAttention: true,
}

/** Whether any option selects payments. */
export function hasFilter(options: FilterOptions): boolean {
  return Object.entries(options).some(([name, value]) => name in filterNames && value !== undefined)
}

/** The API's filter. Fields without an option are `undefined`. */
export async function filterOf(session: Session, options: FilterOptions) {
  return {
    status: options.status,
    customer_email: options.customerEmail,
    customer_id: options.customerId,
    checkout_session_id: options.checkoutSession,
    last4: options.last4,
    created_at: await rangeOf(session, {
      after: options.createdAfter,
      before: options.createdBefore,
    }),
    metadata: options.metadata,
    needs_attention: options.needsAttention,
  }
}
