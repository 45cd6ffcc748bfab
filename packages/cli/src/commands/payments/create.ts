import type { PaymentCreateParams } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { timeOf } from '../../given-times.ts'
import {
  type GivenTime,
  parseAmount,
  parseDeadline,
  parsePair,
  parseSeconds,
} from '../../options/parse.ts'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

interface CreateOptions {
  amount: number
  currency: string
  customerEmail: string
  paymentMethod?: PaymentCreateParams['payment_method']
  token?: string
  initiate?: boolean
  customerId?: string
  description?: string
  statementDescriptor?: string
  metadata?: Record<string, string>
  cancelWindow?: number
  captureMethod?: PaymentCreateParams['capture_method']
  expiresAt?: GivenTime
  successUrl?: string
  cancelUrl?: string
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments create`. */
export function createCommand(): Command {
  const method = new Option('--payment-method <method>', 'how the customer pays')
  const capture = new Option('--capture-method <method>', 'when the money is taken')
  const command = new Command('create')
    .description('create a payment')
    .requiredOption('--amount <minor>', 'in minor units: 9999 is 99.99 USD', parseAmount)
    .requiredOption('--currency <code>', 'ISO 4217 code, like USD')
    .requiredOption('--customer-email <email>', "the customer's email address")
    .addOption(method.choices(['card', 'ach', 'crypto']))
    .option('--token <token>', 'the payment method, like tok_visa in test mode')
    .option('--initiate', 'initiate the payment at once; needs --token')
    .option('--customer-id <id>', 'your id of the customer')
    .option('--description <text>', 'a description')
    .option('--statement-descriptor <text>', 'text on the bank statement, up to 22 characters')
    .option('--metadata <key=value>', 'your own data; repeatable', parsePair)
    .option('--cancel-window <time>', 'delay of the capture: seconds, or 30m, 24h', parseSeconds)
    .addOption(capture.choices(['automatic', 'manual']))
    .option('--expires-at <time>', 'end of a pending payment: 2030-01-01, or 2h', parseDeadline)
    .option('--success-url <url>', 'the page for the customer after the payment')
    .option('--cancel-url <url>', 'the page for the customer who does not want to pay')
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of --initiate in live mode')
    .action(
      withSession<CreateOptions>(async (session, options) => {
        const { expiresAt, initiate, idempotencyKey, yes } = options
        if (initiate) {
          if (options.token === undefined) throw usageError('--initiate needs --token.')
          const what = `this charges ${options.customerEmail}.`
          await confirmLive(session, { what, word: 'initiate', yes })
        }
        const params = paramsOf(options, expiresAt && (await timeOf(session, expiresAt)))
        session.show(await session.hedge.payments.create(params, { idempotencyKey }), renderPayment)
      }),
    )
  return withExamples(command, [
    [
      'hedge payments create --amount 9999 --currency USD --customer-email customer@example.com',
      'create a payment of 99.99 USD',
    ],
    [
      'hedge payments create --amount 500 --currency JPY --customer-email a@example.com ' +
        '--token tok_visa --initiate',
      'create and initiate a payment in one step',
    ],
  ])
}

/** The request. `satisfies` makes the compiler report a field of the API without an option. */
function paramsOf(options: CreateOptions, expiresAt: string | undefined) {
  return {
    amount: options.amount,
    currency: options.currency,
    customer_email: options.customerEmail,
    payment_method: options.paymentMethod,
    payment_method_token: options.token,
    initiate: options.initiate,
    customer_id: options.customerId,
    description: options.description,
    statement_descriptor: options.statementDescriptor,
    metadata: options.metadata,
    cancel_window: options.cancelWindow,
    capture_method: options.captureMethod,
    expires_at: expiresAt,
    success_url: options.successUrl,
    cancel_url: options.cancelUrl,
  } satisfies Record<keyof PaymentCreateParams, unknown>
}
