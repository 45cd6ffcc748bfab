import {
  type CancellationCreate,
  type CancellationId,
  cancellationPaymentsMax,
  type PaymentFilter,
} from '@hedgepayments/contract'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Tx } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import { type Account, accountOf } from '../domain/account.ts'
import { isAllowed, statusesBefore } from '../domain/lifecycle.ts'
import type { Timestamp } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import type { Auth, Origin } from '../http/request/auth.ts'
import { claimId } from '../lists/ids.sql.ts'
import { countPayments } from '../payments/view/list-payments.sql.ts'
import { countByIds, insertCancellation, insertItems, isBelowOpenMax } from './create.sql.ts'
import { renderCancellation } from './render.ts'
import { selectFutureItems } from './run/select-items.ts'

/**
 * Open cancellations of a merchant and mode. All open cancellations of a deployment take turns, so
 * each one slows down those of other merchants.
 */
const openMax = 100
/** Seconds until a retry may succeed: a small cancellation completes within a second. */
const retryAfterSeconds = 5

/**
 * Creates a bulk cancellation as `createCancellation` does, records the action of the caller, and renders
 * the answer.
 */
export async function requestCancellation(
  tx: Tx,
  request: CreateRequest & { readonly origin: Origin },
): Promise<Reply> {
  const row = await createCancellation(tx, request)
  if ('refusal' in row) return row
  const { id, dry_run, filter, total } = row
  if (!dry_run) {
    // The audit record gets only the names of the filter's fields: a value may be an e-mail address.
    const details = filter ? { filter: Object.keys(filter) } : { total }
    const action = 'cancellation.created'
    await recordAudit(tx, actorOf(request), {
      action,
      target: { type: 'cancellation', id },
      details,
    })
  }
  return answer(201, renderCancellation(row))
}

/** A request to create a bulk cancellation. */
interface CreateRequest {
  readonly auth: Auth
  readonly body: CancellationCreate
  readonly now: Timestamp
}

/**
 * Creates a bulk cancellation, which the worker carries out. A dry run is counted at once. A filter
 * without a status selects payments that can be canceled.
 */
export async function createCancellation(
  tx: Tx,
  { auth, body, now }: CreateRequest,
): Promise<CancellationRow | Refusal> {
  const { payment_ids: ids, filter } = body
  if (ids && filter) return refuseField('filter', filter, 'nothing where payment_ids is given')
  if (!ids && !filter) return refuseField('payment_ids', undefined, 'payment_ids or filter')
  if (body.dry_run !== true && !(await mayOpen(tx, auth))) return tooManyOpen()
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
    ? await countDryRun(tx, { row, paymentIds })
    : { ...row, total: row.total + (row.filter ? await selectFutureItems(tx, row) : 0) }
  await insertCancellation(tx, created)
  if (paymentIds && !row.dry_run) {
    await insertItems(tx, { row: created, paymentIds })
  }
  return created
}

/** Whether the merchant may open one more cancellation. */
export async function mayOpen(tx: Tx, account: Account): Promise<boolean> {
  return await isBelowOpenMax(tx, { account, max: openMax })
}

/** The refusal of one more open cancellation. The request may be retried with the same key. */
export function tooManyOpen(): Refusal {
  const message = `Too many open bulk cancellations: at most ${openMax} may be pending or running.`
  const refusal = refuse('rate_limit_exceeded', message, { retry_after: retryAfterSeconds })
  return { ...refusal, headers: { 'retry-after': String(retryAfterSeconds) } }
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

/** Counts the results of a dry run, by the current status of each payment. */
async function countDryRun(
  tx: Tx,
  { row, paymentIds }: { row: CancellationRow; paymentIds: readonly string[] | null },
): Promise<CancellationRow> {
  const account = accountOf(row)
  const counts = paymentIds
    ? await countByIds(tx, { account, ids: paymentIds })
    : await countPayments(tx, {
        account,
        filter: row.filter as PaymentFilter,
        max: cancellationPaymentsMax,
      })
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
