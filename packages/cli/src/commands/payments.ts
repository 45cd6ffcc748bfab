import type { PaymentCreateParams } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { withExamples } from '../examples.ts'
import {
  type FilterOptions,
  filterOf,
  parseAmount,
  parsePair,
  parseSeconds,
  withFilters,
} from '../filters.ts'
import { collect, pageSizeMax, parseLimit, showList } from '../list.ts'
import { eventColumns, paymentColumns, renderPayment } from '../payment-view.ts'
import { withSession } from '../session.ts'
import { cancelCommand } from './payments-cancel.ts'
import { initiateCommand, refundCommand, reverseCommand } from './payments-move.ts'

/** `hedge payments`. */
export function paymentsCommand(): Command {
  const command = new Command('payments').description('create, find, cancel and refund payments')
  for (const subcommand of [
    createCommand(),
    getCommand(),
    listCommand(),
    cancelCommand(),
    refundCommand(),
    initiateCommand(),
    reverseCommand(),
    timelineCommand(),
  ]) {
    command.addCommand(subcommand)
  }
  return withExamples(command, [
    ['hedge payments list --status pending', 'what could still be canceled'],
    ['hedge payments cancel pay_abc123xyz', 'cancel one'],
    ['hedge payments cancel --all --created-before 24h', 'cancel many, after a look at how many'],
  ])
}

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

function createCommand(): Command {
  const command = new Command('create')
    .description('create a payment')
    .requiredOption('--amount <minor>', 'in minor units: 9999 is 99.99 USD', parseAmount)
    .requiredOption('--currency <code>', 'ISO 4217, like USD')
    .requiredOption('--customer-email <email>', 'the customer')
    .addOption(
      new Option('--payment-method <method>', 'how the customer pays').choices([
        'card',
        'ach',
        'crypto',
      ]),
    )
    .option('--token <token>', 'what to pay with, like tok_visa in test mode')
    .option('--customer-id <id>', 'your id of the customer')
    .option('--description <text>', 'what is paid for')
    .option('--metadata <key=value>', 'your own data; may be repeated', parsePair)
    .option('--cancel-window <seconds>', 'undo window after it was initiated', parseSeconds)
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
      '99.99 USD',
    ],
    [
      'hedge payments create --amount 500 --currency JPY --customer-email a@example.com --json',
      'for a program: the payment as the API returns it',
    ],
  ])
}

function getCommand(): Command {
  const command = new Command('get')
    .description('show a payment')
    .argument('<id>', 'the payment, pay_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.payments.retrieve(id), renderPayment)
      }),
    )
  return withExamples(command, [
    ['hedge payments get pay_abc123xyz', 'everything about it'],
    ['hedge payments get pay_abc123xyz --json | jq -r .status', 'one field'],
  ])
}

interface ListOptions extends FilterOptions {
  limit: number
  startingAfter?: string
}

function listCommand(): Command {
  const command = withFilters(new Command('list').description('list payments, newest first'))
    .option('--limit <n>', 'how many', parseLimit, 10)
    .option('--starting-after <id>', 'only those older than this payment')
    .action(
      withSession<ListOptions>(async (session, options) => {
        const { limit, startingAfter } = options
        const page = session.hedge.payments.list({
          ...filterOf(options),
          limit: Math.min(limit, pageSizeMax),
          starting_after: startingAfter,
        })
        const list = await collect(page, limit)
        showList(session, list, {
          columns: paymentColumns,
          empty: 'No payments.',
          more: `There are more: --starting-after ${list.data.at(-1)?.id}, or a larger --limit.`,
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments list --status pending,initiated --limit 50', 'what can be canceled'],
    ['hedge payments list --created-after 24h --customer-email a@example.com', 'of a customer'],
    ['hedge payments list --metadata order_id=1234 --json', 'by your own order number'],
  ])
}

function timelineCommand(): Command {
  const command = new Command('events')
    .description('show what happened to a payment, newest first')
    .argument('<id>', 'the payment, pay_…')
    .option('--limit <n>', 'how many', parseLimit, 100)
    .action(
      withSession<{ limit: number }>(async (session, { limit }, [id = '']) => {
        const page = session.hedge.payments.events(id, { limit: Math.min(limit, pageSizeMax) })
        showList(session, await collect(page, limit), {
          columns: eventColumns,
          empty: 'No events.',
          more: 'There are more: give a larger --limit.',
        })
      }),
    )
  return withExamples(command, [['hedge payments events pay_abc123xyz', 'who did what, and when']])
}
