import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { toProcessorPayment } from '../../payments/calls/call-processor.ts'
import { findRefunds } from '../../payments/view/refunds.sql.ts'
import type { Processors } from '../../processors/interface/processor.ts'
import type { PaymentState } from '../../processors/interface/results.ts'
import { findPageEnd, type Page } from '../pages/page.sql.ts'
import { rangesOf } from '../pages/ranges.ts'
import type { Runner } from '../pages/runner.ts'
import { findCandidates, isUnchanged } from './candidates.sql.ts'
import { compareWithProcessor } from './compare.ts'

/** Payments of which candidates are searched by one statement. */
const pageSize = 2_000
/** Look-ups at once: few, so that the server's own calls have the account's limit. */
const concurrency = 4
/** Deadline of a look-up. */
const timeoutMs = 20_000
/** Calls of a look-up that the processor refuses for its rate, and the pauses between them. */
const callsMax = 4
const pauseMs = 1_000

/** The result of one look-up. `difference`: how both sides differ. `error`: there was no answer. */
export interface LookedUp {
  readonly id: string
  readonly difference: string | null
  readonly error: string | null
}

/** What is compared with the processors. */
interface Compared {
  readonly db: Db
  readonly runner: Runner
  readonly processors: Processors
  readonly merchantId: string | null
  /** Only payments that were created since, by the merchant's clock. */
  readonly since: Timestamp
}

/**
 * Looks up each payment that has ended and is at rest at the processor that it was sent to, and compares
 * both sides. It only reads, at both. If they differ, it reads both again: the payment may have changed
 * meanwhile.
 */
export async function* checkProcessors(compared: Compared): AsyncGenerator<LookedUp> {
  const { runner, merchantId, since } = compared
  for await (const range of rangesOf(runner, merchantId)) {
    for (let left: Page | null = range; left !== null; ) {
      const end = await findPageEnd(runner, { page: left, size: pageSize })
      const page: Page = { after: left.after, through: end ?? left.through }
      const rows = await findCandidates(runner, { page, payments: pageSize, since })
      for (let start = 0; start < rows.length; start += concurrency) {
        const part = rows.slice(start, start + concurrency)
        yield* await Promise.all(part.map((row) => checkPayment(compared, row)))
      }
      left = end === null ? null : { after: end, through: left.through }
    }
  }
}

async function checkPayment(compared: Compared, row: PaymentRow): Promise<LookedUp> {
  const { id } = row
  try {
    const difference = await differenceOf(compared, row)
    if (difference === null) return { id, difference, error: null }
    if (!(await isUnchanged(compared.runner, row))) return { id, difference: null, error: null }
    return { id, difference: await differenceOf(compared, row), error: null }
  } catch (error) {
    return { id, difference: null, error: (error as Error).message }
  }
}

async function differenceOf(compared: Compared, row: PaymentRow): Promise<string | null> {
  const { db } = compared
  const refunds = await findRefunds(db, { account: accountOf(row), paymentId: row.id })
  return compareWithProcessor({ row, refunds }, await lookUp(compared, row))
}

async function lookUp({ db, processors }: Compared, row: PaymentRow): Promise<PaymentState> {
  const account = accountOf(row)
  const processor = await processors.forSent(account, row.processor ?? '')
  for (let call = 1; ; call++) {
    try {
      const now = await readDatabaseTime(db, account)
      const signal = AbortSignal.timeout(timeoutMs)
      return await processor.lookUp(toProcessorPayment(row), { now, signal })
    } catch (error) {
      const isTooMany = (error as { statusCode?: unknown }).statusCode === 429
      if (!isTooMany || call === callsMax) throw error
      await sleep(pauseMs * 2 ** (call - 1))
    }
  }
}
