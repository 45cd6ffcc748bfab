import { Command } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { hasFilter, withFilters } from '../../options/payment-filters.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { type BulkCancelOptions, cancelMany } from './bulk-run.ts'

/** `hedge payments cancel-many`: a bulk cancellation, which runs on the server. */
export function cancelManyCommand(): Command {
  const command = new Command('cancel-many')
    .description('cancel many payments: those that filters select, or all')
    .option('--all', 'all cancelable payments, instead of filters')
  withFilters(command)
    .option('--reason <text>', 'for your records')
    .option('--yes', 'skip the confirmation')
    .option('--dry-run', 'only count the payments')
    .option('--detach', 'start the run and do not wait for its end')
    .option('--resume <id>', 'continue a run, can_…, that was paused or detached')
    .addHelpText(
      'after',
      `
The command counts the payments first and asks before it cancels them. The run takes place on the
server. Ctrl-C pauses the run, and --resume continues it. The exit code is 3 if some of the payments
could no longer be canceled. --json prints {"cancellation": …, "refused": […]}.`,
    )
    .action(
      withSession<BulkCancelOptions>(async (session, options) => {
        checkUsage(options)
        await cancelMany(session, options)
      }),
    )
  return withExamples(command, [
    ['hedge payments cancel-many --status pending --created-before 7d --dry-run', 'count payments'],
    [
      'hedge payments cancel-many --metadata campaign=spring --yes',
      'cancel many payments without a confirmation',
    ],
    ['hedge payments cancel-many --all', 'cancel all payments that can be canceled'],
    ['hedge payments cancel-many --resume can_abc123xyz', 'continue a run'],
  ])
}

function checkUsage(options: BulkCancelOptions): void {
  const isFiltered = hasFilter(options)
  const { all, resume, reason, dryRun } = options
  if (resume !== undefined) {
    if (isFiltered || all) throw usageError('--resume keeps the filter of the run.')
    if (reason !== undefined) throw usageError('--resume keeps the reason of the run.')
    if (dryRun) throw usageError('--dry-run needs filters or --all.')
    return
  }
  if (isFiltered && all) throw usageError('Pass filters or --all, not both.')
  if (!isFiltered && !all) throw usageError('Payments are missing: pass filters, or --all.')
}
