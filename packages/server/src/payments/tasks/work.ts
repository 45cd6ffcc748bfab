import type { Db } from '../../database/connect.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Processor, Processors } from '../../processors/interface/processor.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'

/** A task that was taken, with its payment as it was then. */
export interface Work {
  readonly db: Db
  readonly processors: Processors
  readonly task: ClaimedTask
  readonly row: PaymentRow
  /** Of merchants without a schedule of their own. */
  readonly fees: FeeSchedule
  /** The merchant's time. */
  readonly now: Timestamp
}

/**
 * What became of a task. `done`: nothing is left to do. `pending`: the processor has answered and
 * has not decided, so it is asked again at a steady rate. `failed`: it gave no usable answer, so the
 * pauses between tries grow.
 */
export type WorkResult = 'done' | 'pending' | 'failed'

/** Who acts where no request asks for it. */
export const bySystem = { type: 'system', id: null } as const

/** What every call of a worker has: it is made only while the worker holds the task. */
export async function callOf(work: Work) {
  const { task, row, now } = work
  return { row, processor: await processorOf(work), task, actor: bySystem, now }
}

/** The processor that a payment was sent to. */
export async function processorOf({ processors, row }: Work): Promise<Processor> {
  if (row.processor === null) throw new Error('a payment that was submitted names its processor')
  return await processors.forSent(
    { merchantId: row.merchant_id, livemode: row.livemode },
    row.processor,
  )
}
