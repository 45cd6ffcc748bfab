import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Processor } from '../../processors/interface/processor.ts'

/** What an account's processor is searched for. */
const subjects = ['disputes', 'refunds'] as const
export type SweepSubject = (typeof subjects)[number]

/**
 * Registers the account of a captured payment for regular searches at its processor, if that can search.
 * The first search finds what a day has missed.
 */
export async function registerSweeps(db: Db, row: PaymentRow, processor: Processor): Promise<void> {
  if (!processor.searches) return
  await sql`
    insert into processor_sweeps (merchant_id, livemode, processor, subject, since, due_at)
    select ${row.merchant_id}, ${row.livemode}, ${processor.name}, subject,
      now() - interval '24 hours', now()
    from unnest(${[...subjects]}::text[]) subject
    on conflict do nothing`.execute(db)
}
