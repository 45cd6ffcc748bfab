import { type Kysely, sql } from 'kysely'
import { createIndexConcurrently } from './create-index.ts'

export const isRepeatable = true

/** How long payments have been open, found without reading all of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // When the task was first planned, however often it was put off since: for a capture, the moment
  // from which the payment is processing. Tasks that were planned before this get this moment.
  await sql`
    alter table payment_tasks
      add column if not exists since timestamptz(0) not null default now()`.execute(db)
  await createIndexConcurrently(db, {
    name: 'payment_tasks_captures',
    definition: "payment_tasks (since) where kind = 'capture'",
  })
  // So that what is due of one kind is not looked for among a million of another.
  await createIndexConcurrently(db, {
    name: 'payment_tasks_kind',
    definition: 'payment_tasks (kind, due_at)',
  })
}
