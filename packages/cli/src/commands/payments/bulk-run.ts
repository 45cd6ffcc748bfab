import {
  type Cancellation,
  type CancellationResult,
  ConnectionError,
  ServerError,
} from '@hedgepayments/node'
import { exitCodes } from '../../exit-codes.ts'
import { followBulkRun, isInProgress } from '../../follow-bulk-run.ts'
import { type FilterOptions, filterOf } from '../../options/payment-filters.ts'
import { confirm } from '../../output/confirm.ts'
import { countOf, formatCount } from '../../output/format.ts'
import { paintStatus } from '../../output/payment-view.ts'
import { ProgressBar } from '../../output/progress.ts'
import { renderTable } from '../../output/table.ts'
import { say } from '../../output/terminal.ts'
import type { Session } from '../../session.ts'

/** Options of `hedge payments cancel-many`. */
export interface BulkCancelOptions extends FilterOptions {
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly resume?: string
  readonly detach?: boolean
  readonly reason?: string
  readonly yes?: boolean
}

/** The pauses between polls of a run: short at first, then short enough for a moving bar. */
const pauses = { firstMs: 100, longestMs: 1_000 }

/** Limits of refused payments in the output. The API lists all of them. */
const refusedShownMax = { people: 20, programs: 1_000 }

/** Cancels the selected payments, or continues a run. */
export async function cancelMany(session: Session, options: BulkCancelOptions): Promise<void> {
  const run = options.resume
    ? await resume(session, options.resume)
    : await startRun(session, options)
  if (run === null) return
  if (options.detach) {
    const started = `Started ${run.id}. Follow it with: ${resumeCommand(run)}`
    session.show(outcomeOf(run), () => started)
    return
  }
  await showEnd(session, await follow(session, run))
}

/** Counts the payments, asks for confirmation and starts the run. `null`: a dry run, or no payment. */
async function startRun(
  session: Session,
  options: BulkCancelOptions,
): Promise<Cancellation | null> {
  const { cancellations } = session.hedge
  const filter = await filterOf(session, options)
  const count = await cancellations.create({ filter, reason: options.reason, dry_run: true })
  const found = countOf(count.canceled, 'payment')
  if (options.dryRun || count.canceled === 0) {
    session.show(outcomeOf(count), () =>
      count.canceled === 0 ? 'No payment would be canceled.' : `${found} would be canceled.`,
    )
    return null
  }
  const mode = session.livemode ? 'Live mode: this' : 'This'
  await confirm({ what: `${mode} cancels ${found}.`, word: 'cancel', yes: options.yes })
  return await cancellations.create({ filter, reason: options.reason })
}

async function resume(session: Session, id: string): Promise<Cancellation> {
  const run = await session.hedge.cancellations.retrieve(id)
  return run.status === 'paused' ? await session.hedge.cancellations.resume(id) : run
}

/** Waits for the end of the run. Ctrl-C pauses the run on the server. */
async function follow(session: Session, started: Cancellation): Promise<Cancellation> {
  const interrupt = new AbortController()
  const onInterrupt = () => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  const bar = new ProgressBar()
  if (!session.json && started.status !== 'completed') {
    say(`Run ${started.id}. Ctrl-C pauses it.`)
  }
  const draw = (run: Cancellation) => bar.draw(run.processed, run.total ?? 0)
  try {
    draw(started)
    const run = await followBulkRun(started, {
      ...pauses,
      read: (seen) => poll(session, seen),
      signal: interrupt.signal,
      onProgress: draw,
    })
    const isInterrupted = interrupt.signal.aborted && isInProgress(run)
    return isInterrupted ? await pause(session, run) : run
  } finally {
    bar.end()
    process.off('SIGINT', onInterrupt)
  }
}

/** Reads the run. If the server is unreachable for a while, returns the last known state. */
async function poll(session: Session, run: Cancellation): Promise<Cancellation> {
  try {
    return await session.hedge.cancellations.retrieve(run.id)
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof ServerError) return run
    throw error
  }
}

async function pause(session: Session, run: Cancellation): Promise<Cancellation> {
  process.exitCode = exitCodes.interrupted
  try {
    return await session.hedge.cancellations.pause(run.id)
  } catch (error) {
    say(`\nCould not pause the run. It continues. Follow it with: ${resumeCommand(run)}`)
    throw error
  }
}

async function showEnd(session: Session, run: Cancellation): Promise<void> {
  const limit = session.json ? refusedShownMax.programs : refusedShownMax.people
  const hasRefused = run.refused + run.not_found > 0 && !run.dry_run
  const page = hasRefused
    ? await session.hedge.cancellations.results(run.id, { outcome: 'refused', limit })
    : null
  session.show(outcomeOf(run, page?.data), ({ refused }) => {
    const rest = run.refused - refused.length
    const lines = refused.length > 0 ? [renderTable(refused, refusedColumns)] : []
    if (rest > 0) lines.push(`… and ${formatCount(rest)} more (--json lists up to 1,000)`)
    return [...lines, summary(run)].join('\n')
  })
  if (process.exitCode !== undefined) return
  if (run.refused > 0) process.exitCode = exitCodes.refused
  else if (run.not_found > 0) process.exitCode = exitCodes.notFound
}

/** The JSON of the command, the same for a dry run, a start and an end. */
function outcomeOf(cancellation: Cancellation, refused: readonly CancellationResult[] = []) {
  return { cancellation, refused }
}

const refusedColumns = [
  { title: 'NOT CANCELED', value: (result: CancellationResult) => result.payment_id },
  {
    title: 'STATUS',
    value: ({ current_status: status }: CancellationResult) => (status ? paintStatus(status) : ''),
  },
]

function summary(run: Cancellation): string {
  const counts = [`${countOf(run.canceled, 'payment')} canceled`]
  if (run.refused > 0) counts.push(`${formatCount(run.refused)} could no longer be`)
  if (run.not_found > 0) counts.push(`${formatCount(run.not_found)} not found`)
  const text = `${counts.join(', ')}.`
  if (run.status !== 'paused') return text
  return `Paused ${run.id}: ${text}\nContinue with: ${resumeCommand(run)}`
}

const resumeCommand = (run: Cancellation) => `hedge payments cancel-many --resume ${run.id}`
