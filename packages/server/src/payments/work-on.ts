import type { Db } from '../database/connect.ts'
import type { PaymentRow, Timestamp } from '../database/schema.ts'
import type { FeeSchedule } from '../ledger/fees.ts'
import type { Processor, Processors } from '../processors/processor.ts'
import type { ClaimedTask } from './tasks.sql.ts'

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

/** What became of it: there is nothing left to do, or it is to be done again. */
export type WorkResult = 'done' | 'again'

/** Who acts where no request asks for it. */
export const bySystem = { type: 'system', id: null } as const

/** The processor that a payment was sent to. */
export async function processorOf({ processors, row }: Work): Promise<Processor> {
  if (row.processor === null) throw new Error('a payment that was submitted names its processor')
  return await processors.forSent(
    { merchantId: row.merchant_id, livemode: row.livemode },
    row.processor,
  )
}
