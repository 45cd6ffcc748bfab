import type { Payment } from '@hedgepayments/node'
import { Command } from 'commander'
import { type CancelOptions, cancelMany } from '../cancel-many.ts'
import { confirmLive } from '../confirm.ts'
import { withExamples } from '../examples.ts'
import { usageError } from '../exit-codes.ts'
import { withFilters } from '../filters.ts'
import { countOf } from '../format.ts'
import { paymentColumns, renderPayment } from '../payment-view.ts'
import { factsOf, reportError } from '../report-error.ts'
import { type Session, withSession } from '../session.ts'
import { renderTable } from '../table.ts'
import { print } from '../terminal.ts'

/** `hedge payments cancel`: by id, or many by a filter. */
export function cancelCommand(): Command {
  const command = new Command('cancel')
    .description('cancel payments: by id, or many with --all')
    .argument('[ids...]', 'payments, pay_…')
    .option('--reason <text>', 'for your records')
    .option('--yes', 'do not ask')
    .option('--idempotency-key <key>', 'makes it safe to cancel one payment again')
    .optionsGroup('Many at once:')
    .option('--all', 'all that can be canceled, or those the filters below choose')
  withFilters(command)
    .option('--dry-run', 'only say how many would be canceled')
    .option('--detach', 'start it and do not wait until it is done')
    .option('--resume <id>', 'go on with a run, can_…, that was paused or left')
    .addHelpText(
      'after',
      `
With --all the payments are counted first and nothing is done before you confirm. The server
carries the run out. Ctrl-C pauses it there; --resume goes on where it was. The exit code is 3
when some of the payments could no longer be canceled.`,
    )
    .action(
      withSession<CancelOptions>(async (session, options, ids) => {
        checkForm(options, ids)
        if (options.all || options.resume !== undefined) await cancelMany(session, options)
        else if (ids.length === 1) await cancelOne(session, options, ids[0] ?? '')
        else await cancelEach(session, options, ids)
      }),
    )
  return withExamples(command, [
    ['hedge payments cancel pay_abc123xyz --reason customer_requested', 'one'],
    ['hedge payments cancel --all --status pending --created-before 7d --dry-run', 'how many?'],
    ['hedge payments cancel --all --metadata campaign=spring --yes', 'many, without being asked'],
    ['hedge payments cancel --all --resume can_abc123xyz', 'go on with a run'],
  ])
}

function checkForm(options: CancelOptions, ids: readonly string[]): void {
  const isMany = options.all === true || options.resume !== undefined
  if (!isMany && ids.length === 0) {
    throw usageError('Which payments? Give their ids, or --all with filters.')
  }
  if (isMany && ids.length > 0) throw usageError('Give ids or --all, not both.')
  const filters = [
    options.status,
    options.customerEmail,
    options.customerId,
    options.createdAfter,
    options.createdBefore,
    options.metadata,
  ]
  const isFiltered = filters.some((filter) => filter !== undefined)
  if (isFiltered && !options.all) throw usageError('Filters choose payments only with --all.')
  if (isFiltered && options.resume) throw usageError('A run that is resumed keeps its filter.')
  if (options.dryRun && !options.all) throw usageError('--dry-run counts what --all would cancel.')
  if (options.idempotencyKey && (isMany || ids.length > 1)) {
    throw usageError('--idempotency-key belongs to the cancel of one payment.')
  }
}

async function cancelOne(session: Session, options: CancelOptions, id: string): Promise<void> {
  const { reason, idempotencyKey, yes } = options
  await confirmLive(session, { what: `this cancels ${id}.`, word: 'cancel', yes })
  const payment = await session.hedge.payments.cancel(id, { reason }, { idempotencyKey })
  session.show(payment, renderPayment)
}

/** Each for itself: one that is refused does not keep the others. */
async function cancelEach(
  session: Session,
  options: CancelOptions,
  ids: readonly string[],
): Promise<void> {
  const what = `this cancels ${countOf(ids.length, 'payment')}.`
  await confirmLive(session, { what, word: 'cancel', yes: options.yes })
  const canceled: Payment[] = []
  const failed: { payment_id: string; error: object }[] = []
  for (const id of new Set(ids)) {
    try {
      canceled.push(await session.hedge.payments.cancel(id, { reason: options.reason }))
    } catch (error) {
      reportError(error, { json: session.json })
      failed.push({ payment_id: id, error: factsOf(error) })
    }
  }
  if (session.json) print(JSON.stringify({ canceled, failed }, null, 2))
  else if (canceled.length > 0) print(renderTable(canceled, paymentColumns))
}
