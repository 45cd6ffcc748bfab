import { Command } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { withFilters } from '../../options/payment-filters.ts'
import { withExamples } from '../../output/examples.ts'
import { type Session, withSession } from '../../session.ts'
import { type CancelOptions, cancelMany } from './cancel-many.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

/** `hedge payments cancel`: payments by id, or many by a filter. */
export function cancelCommand(): Command {
  const command = new Command('cancel')
    .description('cancel payments: by id, or many with --all')
    .argument('[ids...]', idsHelp)
    .option('--reason <text>', 'for your records')
    .option('--yes', 'skip the confirmation')
    .option('--idempotency-key <key>', 'makes it safe to run this command again, for one payment')
    .optionsGroup('Bulk cancel:')
    .option('--all', 'all cancelable payments, or those that the filters select')
  withFilters(command)
    .option('--dry-run', 'only count the payments')
    .option('--detach', 'start the run and do not wait for its end')
    .option('--resume <id>', 'continue a run, can_…, that was paused or detached')
    .addHelpText('after', eachHelp)
    .addHelpText(
      'after',
      `
--all counts the payments first and asks before it cancels them. The run takes place on the server.
Ctrl-C pauses the run, and --resume continues it. The exit code is 3 if some of the payments could
no longer be canceled. With --json --all and --resume print {"cancellation": …, "refused": […]}.`,
    )
    .action(
      withSession<CancelOptions>(async (session, options, ids) => {
        checkUsage(options, ids)
        if (options.all || options.resume !== undefined) await cancelMany(session, options)
        else await cancelEach(session, options, ids)
      }),
    )
  return withExamples(command, [
    ['hedge payments cancel pay_abc123xyz --reason customer_requested', 'cancel one payment'],
    ['hedge payments cancel - < ids.txt', 'cancel the payments of a file, one a line'],
    [
      'hedge payments cancel --all --status pending --created-before 7d --dry-run',
      'count payments',
    ],
    [
      'hedge payments cancel --all --metadata campaign=spring --yes',
      'cancel many payments without a confirmation',
    ],
    ['hedge payments cancel --resume can_abc123xyz', 'continue a run'],
  ])
}

function checkUsage(options: CancelOptions, ids: readonly string[]): void {
  const isMany = options.all === true || options.resume !== undefined
  if (!isMany && ids.length === 0) {
    throw usageError('Payments are missing: pass their ids, or --all with filters.')
  }
  if (isMany && ids.length > 0) throw usageError('Pass ids or --all, not both.')
  const filters = [
    options.status,
    options.customerEmail,
    options.customerId,
    options.createdAfter,
    options.createdBefore,
    options.metadata,
  ]
  const isFiltered = filters.some((filter) => filter !== undefined)
  if (isFiltered && !options.all) throw usageError('Filters need --all.')
  if (isFiltered && options.resume) throw usageError('--resume keeps the filter of the run.')
  if (options.dryRun && !options.all) throw usageError('--dry-run needs --all.')
  if (options.idempotencyKey && isMany) {
    throw usageError('--idempotency-key needs exactly one payment.')
  }
}

async function cancelEach(
  session: Session,
  { reason, idempotencyKey, yes }: CancelOptions,
  ids: readonly string[],
): Promise<void> {
  await forEachPayment(session, {
    ids,
    idempotencyKey,
    confirm: { verb: 'cancels', word: 'cancel', yes },
    run: (id) => session.hedge.payments.cancel(id, { reason }, { idempotencyKey }),
  })
}
