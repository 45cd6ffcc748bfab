import type { PaymentCreateParams } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { parseAmount, parsePair, parseSeconds } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

interface CreateOptions {
  amount: number
  currency: string
  customerEmail: string
  paymentMethod?: PaymentCreateParams['payment_method']
  token?: string
  customerId?: string
  description?: string
  metadata?: Record<string, string>
  cancelWindow?: number
  idempotencyKey?: string
}

/** `hedge payments create`. */
export function createCommand(): Command {
  const method = new Option('--payment-method <method>', 'how the customer pays')
  const command = new Command('create')
    .description('create a payment')
    .requiredOption('--amount <minor>', 'in minor units: 9999 is 99.99 USD', parseAmount)
    .requiredOption('--currency <code>', 'ISO 4217 code, like USD')
    .requiredOption('--customer-email <email>', "the customer's email address")
    .addOption(method.choices(['card', 'ach', 'crypto']))
    .option('--token <token>', 'the payment method, like tok_visa in test mode')
    .option('--customer-id <id>', 'your id of the customer')
    .option('--description <text>', 'a description')
    .option('--metadata <key=value>', 'your own data; repeatable', parsePair)
    .option('--cancel-window <seconds>', 'delay of the capture after initiate', parseSeconds)
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .action(
      withSession<CreateOptions>(async (session, options) => {
        const params = {
          amount: options.amount,
          currency: options.currency,
          customer_email: options.customerEmail,
          payment_method: options.paymentMethod,
          payment_method_token: options.token,
          customer_id: options.customerId,
          description: options.description,
          metadata: options.metadata,
          cancel_window: options.cancelWindow,
        }
        const { idempotencyKey } = options
        session.show(await session.hedge.payments.create(params, { idempotencyKey }), renderPayment)
      }),
    )
  return withExamples(command, [
    [
      'hedge payments create --amount 9999 --currency USD --customer-email customer@example.com',
      'create a payment of 99.99 USD',
    ],
    [
      'hedge payments create --amount 500 --currency JPY --customer-email a@example.com --json',
      'print the payment as the API returns it',
    ],
  ])
}
