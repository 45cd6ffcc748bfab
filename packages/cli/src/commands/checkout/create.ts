import type { CheckoutMethod, CheckoutSessionCreateParams } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { timeOf } from '../../given-times.ts'
import { choices } from '../../options/choices.ts'
import {
  type GivenTime,
  parseAmount,
  parseDeadline,
  parsePair,
  parseSeconds,
} from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { renderSession } from './session-view.ts'

interface CreateOptions {
  amount: number
  currency: string
  customerEmail?: string
  customerId?: string
  description?: string
  statementDescriptor?: string
  metadata?: Record<string, string>
  paymentMethod?: CheckoutMethod[]
  cancelWindow?: number
  captureMethod?: CheckoutSessionCreateParams['capture_method']
  expiresAt?: GivenTime
  successUrl?: string
  cancelUrl?: string
  idempotencyKey?: string
}

/** `hedge checkout sessions create`. */
export function createCommand(): Command {
  const method = new Option(
    '--payment-method <method>',
    'the customer can choose it; several with commas or repeated (default: card)',
  )
  const capture = new Option('--capture-method <method>', 'when the money is taken')
  const command = new Command('create')
    .description('create a checkout session and show the URL of its page')
    .requiredOption('--amount <minor>', 'in minor units: 9999 is 99.99 USD', parseAmount)
    .requiredOption('--currency <code>', 'ISO 4217 code, like USD')
    .option('--customer-email <email>', 'the email address (default: the page asks for it)')
    .option('--customer-id <id>', 'your id of the customer')
    .option('--description <text>', 'a description that the customer sees')
    .option('--statement-descriptor <text>', 'text on the bank statement, up to 22 characters')
    .option('--metadata <key=value>', 'your own data; repeatable', parsePair)
    .addOption(choices(method, ['card', 'ach']))
    .option('--cancel-window <time>', 'delay of the capture: seconds, or 30m, 24h', parseSeconds)
    .addOption(capture.choices(['automatic', 'manual']))
    .option('--expires-at <time>', 'within a day: 2030-01-01T10:30:00Z, or 2h', parseDeadline)
    .option('--success-url <url>', 'the page for the customer after the payment')
    .option('--cancel-url <url>', 'the page for the customer who does not want to pay')
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .action(
      withSession<CreateOptions>(async (session, options) => {
        const { expiresAt, idempotencyKey } = options
        const { sessions } = session.hedge.checkout
        const params = paramsOf(options, expiresAt && (await timeOf(session, expiresAt)))
        session.show(await sessions.create(params, { idempotencyKey }), renderSession)
      }),
    )
  return withExamples(command, [
    ['hedge checkout sessions create --amount 9999 --currency USD', 'create a payment page'],
    [
      'hedge checkout sessions create --amount 500 --currency JPY --json | jq -r .url',
      'print the URL of the page',
    ],
  ])
}

/** The request. `satisfies` makes the compiler report a field of the API without an option. */
function paramsOf(options: CreateOptions, expiresAt: string | undefined) {
  return {
    amount: options.amount,
    currency: options.currency,
    customer_email: options.customerEmail,
    customer_id: options.customerId,
    description: options.description,
    statement_descriptor: options.statementDescriptor,
    metadata: options.metadata,
    payment_method_types: options.paymentMethod,
    cancel_window: options.cancelWindow,
    capture_method: options.captureMethod,
    expires_at: expiresAt,
    success_url: options.successUrl,
    cancel_url: options.cancelUrl,
  } satisfies Record<keyof CheckoutSessionCreateParams, unknown>
}
