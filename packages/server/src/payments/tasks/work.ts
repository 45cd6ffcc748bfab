import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { TaskProblem } from '../../database/task-rows.ts'
import { accountOf } from '../../domain/account.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Processor, Processors } from '../../processors/interface/processor.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'

/** The processors that payments were submitted to. Workers need no others. */
export type SentProcessors = Pick<Processors, 'forSent'>

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
 * - `pending`: the processor has answered and not decided. The worker repeats the task at a steady rate.
 * - `failed`: no usable answer. The pauses between repetitions grow.
 * - `againAt`: nothing is left to do until this time. `problem`: nothing can be done without a person.
 */
export type WorkResult =
  | 'done'
  | 'pending'
  | 'failed'
  | { readonly againAt: Timestamp; readonly problem?: TaskProblem }

/** The actor of work that no request has caused. */
export const bySystem = { type: 'system', id: null } as const

/** The fields of every call of a worker. Such a call is made only while the task is claimed. */
export async function callOf(work: Work) {
  const { task, row, now } = work
  return { row, processor: await processorOf(work), task, actor: bySystem, now }
}

/** The processor that a payment was submitted to. */
export async function processorOf({ processors, row }: Work): Promise<Processor> {
  if (row.processor === null) throw new Error(`payment ${row.id} was submitted without a processor`)
  return await processors.forSent(accountOf(row), row.processor)
}
