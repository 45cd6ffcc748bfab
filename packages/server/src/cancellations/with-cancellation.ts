import { isId } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Reply } from '../http/answers/answer.ts'
import { refuse } from '../http/answers/refusal.ts'
import { findCancellation } from './cancellations.sql.ts'

/** Answers from a cancellation of the account, or 404. */
export async function withCancellation(
  db: Db,
  { account, id }: { account: Account; id: string },
  use: (row: CancellationRow) => Reply | Promise<Reply>,
): Promise<Reply> {
  const row = isId('cancellation', id) ? await findCancellation(db, { account, id }) : undefined
  return row ? await use(row) : refuse('not_found', 'Cancellation not found.')
}
