import type { LastingProblem, WaitName } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { type Account, accountOf } from '../../domain/account.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Processor, Processors } from '../../processors/interface/processor.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'

/** The processors that payments were submitted to. Workers need no others. */
export type SentProcessors = Pick<Processors, 'forSent'> & { readonly meter?: CallMeter }

/** Measures the calls to processors. */
export interface CallMeter {
  measure<T>(call: MeasuredCall, run: () => Promise<T>): Promise<T>
}

/** A call that is measured. */
export interface MeasuredCall {
  readonly account: Account
  /** The account at the processor. */
  readonly processorAccount: string
  /** Durations are compared within one kind. */
  readonly kind: string
  readonly signal: AbortSignal
}

/** A claimed task with its payment, read after the claim. */
export interface Work {
  readonly db: Db
  readonly processors: SentProcessors
  readonly task: ClaimedTask
  readonly row: PaymentRow
  /** The fees of merchants without their own schedule. */
  readonly fees: FeeSchedule
  /** The merchant's time. */
  readonly now: Timestamp
}

/**
 * The result of a task.
 * - `done`: nothing is left to do.
 * - `ended`: nothing is left to do, and the statement that recorded it has ended the task.
 * - `pending`: the processor has answered and not decided. The worker repeats the task at a steady rate.
 * - `failed`: no usable answer. The pauses between repetitions grow.
 * - `againAt`: nothing is left to do until this time.
 */
export type WorkResult = 'done' | 'ended' | Unfinished | Explained

/** The result of a task that is repeated. */
export type Unfinished = 'pending' | 'failed' | { readonly againAt: Timestamp }

/** An unfinished task, and what an operator should know about it. */
export interface Explained {
  readonly result: Unfinished
  /** A problem that no waiting ends. */
  readonly problem?: LastingProblem
  /** What the task waits for, if its kind does not say. */
  readonly wait?: WaitName
}

/** The result with its explanation, or `null` if nothing is left to do. */
export function explain(result: WorkResult): Explained | null {
  if (result === 'done' || result === 'ended') return null
  return typeof result === 'object' && 'result' in result ? result : { result }
}

/** The actor of work that no request has caused. */
export const bySystem = { type: 'system', id: null } as const

/** The fields of every call of a worker. It is measured, and made only while the task is claimed. */
export async function callOf(work: Work) {
  const { task, row, now } = work
  const { meter } = work.processors
  return { row, processor: await processorOf(work), task, meter, actor: bySystem, now }
}

/** The processor that a payment was submitted to. */
export async function processorOf({ processors, row }: Work): Promise<Processor> {
  if (row.processor === null) throw new Error(`payment ${row.id} was submitted without a processor`)
  return await processors.forSent(accountOf(row), row.processor)
}
