import {
  type CancellationCreate,
  type CancellationId,
  cancellationPaymentsMax,
  type PaymentFilter,
} from '@hedgepayments/contract'
import type { CancellationRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { firstIdAt, madeAtMs } from '../domain/ids.ts'
import { isAllowed, statusesBefore } from '../domain/lifecycle.ts'
import type { Timestamp } from '../domain/time.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import type { Auth } from '../http/request/auth.ts'
import type { Tx } from '../idempotency/once.ts'
import { claimId } from '../lists/ids.sql.ts'
import {
  countByFilter,
  countByIds,
  hasRoomForCancellation,
  insertCancellation,
  insertItems,
  selectItems,
} from './cancellations.sql.ts'

/**
 * Open cancellations of a merchant and mode. All open cancellations take turns, so each one of a merchant
 * makes those of the others slower.
 */
const openMax = 100
/** A small cancellation is done in a second. */
const retryAfterSeconds = 5

/**
 * Takes on a cancellation of many payments: the worker carries it out. A dry run is counted at
 * once. A filter that names no status means the payments that can be canceled.
 */
export async function createCancellation(
  tx: Tx,
  { auth, body, now }: { auth: Auth; body: CancellationCreate; now: Timestamp },
): Promise<CancellationRow | Refusal> {
  const { payment_ids: ids, filter } = body
  if (ids && filter) return refuseField('filter', filter, 'nothing where payment_ids is given')
  if (!ids && !filter) return refuseField('payment_ids', undefined, 'payment_ids or filter')
  if (body.dry_run !== true && !(await hasRoomToRun(tx, auth))) return tooManyOpen()
  const paymentIds = ids ? [...new Set(ids)] : null
  const row: CancellationRow = {
    ...newRow(auth, now),
    id: await claimId<CancellationId>(tx, { kind: 'cancellation', account: auth }),
    dry_run: body.dry_run ?? false,
    reason: body.reason ?? null,
    filter: filter ? { ...filter, status: filter.status ?? statusesBefore('canceled') } : null,
    selected: paymentIds !== null,
    total: paymentIds?.length ?? 0,
  }
  const created = row.dry_run
    ? await counted(tx, { row, paymentIds })
    : await withFutureItems(tx, row)
  await insertCancellation(tx, created)
  if (paymentIds && !row.dry_run) {
    await insertItems(tx, { cancellationId: row.id, paymentIds })
  }
  return created
}

/** Whether the merchant may have one more cancellation carried out. */
export async function hasRoomToRun(tx: Tx, account: Account): Promise<boolean> {
  return await hasRoomForCancellation(tx, { account, max: openMax })
}

/** The refusal of a cancellation for which there is no room: it can be sent again with the same key. */
export function tooManyOpen(): Refusal {
  const message = `Too many open bulk cancellations: at most ${openMax} may be pending or running.`
  const refusal = refuse('rate_limit_exceeded', message, { retry_after: retryAfterSeconds })
  return { ...refusal, headers: { 'retry-after': String(retryAfterSeconds) } }
}

/**
 * Below it are the ids of the payments that the worker selects: those that came after the request
 * are not what it asked for. A cancellation's id knows the millisecond, `created_at` only the
 * second: a payment made right after the answer would be lost by that.
 */
export function firstIdAfter(row: CancellationRow): string {
  return firstIdAt('payment', madeAtMs(row.id) + 1)
}

/**
 * With the payments that are there although their ids say that they are yet to come: those of a
 * server whose clock is ahead of this one's. The worker could not tell them from payments that
 * come after the answer, so they are selected with the request; mostly there are none.
 */
async function withFutureItems(tx: Tx, row: CancellationRow): Promise<CancellationRow> {
  if (row.filter === null) return row
  const range = { row, after: firstIdAfter(row), before: null, limit: cancellationPaymentsMax }
  const found = await selectItems(tx, range)
  return { ...row, total: found?.count ?? 0 }
}

function newRow(auth: Auth, now: Timestamp): Omit<CancellationRow, 'id'> {
  return {
    merchant_id: auth.merchantId,
    livemode: auth.livemode,
    status: 'pending',
    dry_run: false,
    reason: null,
    filter: null,
    actor_id: auth.keyId,
    selected: false,
    selected_through: '',
    processed_through: '',
    total: 0,
    processed: 0,
    canceled: 0,
    refused: 0,
    not_found: 0,
    failures: 0,
    retry_at: null,
    created_at: now,
    updated_at: now,
    completed_at: null,
  }
}

/** The dry run: what each payment's status says now. */
async function counted(
  tx: Tx,
  { row, paymentIds }: { row: CancellationRow; paymentIds: readonly string[] | null },
): Promise<CancellationRow> {
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  const counts = paymentIds
    ? await countByIds(tx, { account, ids: paymentIds })
    : await countByFilter(tx, { account, filter: row.filter as PaymentFilter })
  const found = counts.reduce((sum, { count }) => sum + count, 0)
  const canceled = counts
    .filter(({ status }) => isAllowed('cancel', status))
    .reduce((sum, { count }) => sum + count, 0)
  const total = paymentIds?.length ?? Math.min(found, cancellationPaymentsMax)
  return {
    ...row,
    status: 'completed',
    selected: true,
    total,
    processed: total,
    canceled: Math.min(canceled, total),
    refused: Math.min(found, total) - Math.min(canceled, total),
    not_found: total - Math.min(found, total),
    completed_at: row.created_at,
  }
}
