import type { operations } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import { toMs } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { refuseField } from '../http/answers/refusal.ts'
import type { ApiRequest } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { hasItem, listResults } from './results.sql.ts'
import { itemDaysKept } from './retention.sql.ts'

type Query = ApiRequest<typeof operations.listCancellationResults>['query']

/** Lists the payments of a cancellation with the result of each, by their ids. */
export async function listCancellationResults(
  db: Db,
  row: CancellationRow,
  query: Query,
): Promise<Reply> {
  const cursor = query.starting_after
  if (cursor !== undefined && !(await isResult(db, row, cursor))) {
    return refuseField('starting_after', cursor, `a payment of ${row.id}`)
  }
  const { rows, hasMore } = await listResults(db, {
    row,
    after: cursor ?? '',
    outcome: query.outcome ?? null,
    limit: query.limit ?? 100,
  })
  const data = rows.map((result) => ({ object: 'cancellation_result', ...result }))
  return answer(200, renderList({ data, hasMore, url: `/v1/cancellations/${row.id}/results` }))
}

/** Whether a cursor is a payment of the cancellation, or may have been until its items were deleted. */
async function isResult(db: Db, row: CancellationRow, paymentId: string): Promise<boolean> {
  const isKept =
    row.completed_at === null || toMs(row.completed_at) > Date.now() - itemDaysKept * 86_400_000
  return !isKept || (await hasItem(db, { row, paymentId }))
}
