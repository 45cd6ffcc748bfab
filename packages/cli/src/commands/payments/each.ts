import type { Payment } from '@hedgepayments/node'
import { CliError, exitCodeOf, exitCodeOfAll, exitCodes, usageError } from '../../exit-codes.ts'
import { readInput } from '../../input.ts'
import { confirmLive } from '../../output/confirm.ts'
import { countOf, formatCount } from '../../output/format.ts'
import { renderPayment, renderPaymentLine } from '../../output/payment-view.ts'
import { printError } from '../../output/report-error.ts'
import type { Session } from '../../session.ts'

/** The help of the argument with ids. */
export const idsHelp = 'payments, pay_…; - reads them from standard input, one a line'

/** Explains the output and the exit code of several payments. */
export const eachHelp = `
Several payments are handled one after the other; a failure does not stop the others. The exit code
is that of the failures if all have the same, else 1. If the key is refused or the server is
unreachable, the command stops. With --json each payment is one line, and each failure is one line on
standard error, {"error": …}, with its payment_id.`

/** One command for each of its payments. */
export interface EachOptions<Result extends Payment> {
  /** Ids as given: `-` stands for those of standard input. */
  readonly ids: readonly string[]
  readonly idempotencyKey?: string | undefined
  /** The action in live mode's confirmation: a verb and the word to type. Absent: no confirmation. */
  readonly confirm?: {
    readonly verb: string
    readonly word: string
    readonly yes?: boolean | undefined
  }
  readonly run: (id: string) => PromiseLike<Result>
  /** How one payment is shown. Default: all its fields. */
  readonly render?: (result: Result) => string
  /** How each of several payments is shown. Default: its id, status and amount. */
  readonly renderLine?: (result: Result) => string
}

/** Handles each payment, shows its result and sets the exit code. */
export async function forEachPayment<Result extends Payment>(
  session: Session,
  options: EachOptions<Result>,
): Promise<void> {
  const ids = await readIds(options.ids)
  if (options.idempotencyKey !== undefined && ids.length !== 1) {
    throw usageError('--idempotency-key needs exactly one payment.')
  }
  if (options.confirm) {
    const { verb, word, yes } = options.confirm
    const object = ids.length === 1 ? ids[0] : countOf(ids.length, 'payment')
    await confirmLive(session, { what: `this ${verb} ${object}.`, word, yes })
  }
  const isOne = ids.length === 1
  const { render = renderPayment, renderLine = renderPaymentLine } = options
  const errors: unknown[] = []
  for (const [index, id] of ids.entries()) {
    try {
      session.showLine(await options.run(id), isOne ? render : renderLine)
    } catch (error) {
      errors.push(error)
      report(session, { error, id, isOne })
      const left = ids.length - index - 1
      if (stopsAll(error) && left > 0) {
        printError(notTried(left), session)
        break
      }
    }
  }
  if (errors.length > 0) process.exitCode = exitCodeOfAll(errors)
}

async function readIds(given: readonly string[]): Promise<string[]> {
  const ids = new Set<string>()
  for (const id of given) {
    if (id.trim() === '') throw usageError('An id is empty: expected pay_….')
    if (id !== '-') ids.add(id)
    else for (const line of (await readInput('the ids')).split('\n')) ids.add(line.trim())
  }
  ids.delete('')
  if (ids.size === 0) throw usageError('Standard input contains no ids: expected one a line.')
  return [...ids]
}

function report(session: Session, given: { error: unknown; id: string; isOne: boolean }): void {
  const { error, id, isOne } = given
  printError(error, { json: session.json, paymentId: id, isNamed: !isOne })
}

/** Whether all other payments would fail in the same way. */
function stopsAll(error: unknown): boolean {
  const code = exitCodeOf(error)
  return code === exitCodes.auth || code === exitCodes.connection
}

function notTried(count: number): CliError {
  const payments = `${formatCount(count)} more ${count === 1 ? 'payment was' : 'payments were'}`
  return new CliError(exitCodes.error, 'not_tried', `Stopped: ${payments} not tried.`)
}
