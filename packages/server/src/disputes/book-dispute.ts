import type { DisputeId, EventType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Tx } from '../database/db.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { statusesToVoid } from '../domain/lifecycle.ts'
import type { Timestamp } from '../domain/time.ts'
import { postDispute } from '../ledger/post.ts'
import { claimId } from '../lists/ids.sql.ts'
import { causeOf, type Declaration } from '../payments/transition/declaration.ts'
import { movePayment, timeOfStep } from '../payments/transition/move.sql.ts'
import type { DisputeState } from '../processors/interface/results.ts'
import { findDisputesOf, insertDispute, updateDispute } from './disputes.sql.ts'
import { renderDispute } from './render.ts'

/** A dispute that the processor reports, of a payment that `lockPayment` has locked. */
interface Found {
  readonly row: PaymentRow
  readonly found: DisputeState
  readonly now: Timestamp
  /** The operator who declares the result. Default: the processor. */
  readonly by?: Declaration
}

/**
 * Books what has changed about one dispute: the dispute, the payment's `disputed`, the events and the
 * ledger. Does nothing where nothing has changed. A dispute that was decided before it was found is
 * first booked as `under_review`, so that events and ledger always tell the whole story.
 *
 * A payment that was canceled or has failed is final: it gets the events, and nothing else of it changes.
 *
 * @returns the payment's row after the steps.
 */
export async function bookDispute(tx: Tx, given: Found): Promise<PaymentRow> {
  const { row, found, now } = given
  const recorded = (await findDisputesOf(tx, row)).find(
    ({ processor_reference: reference }) => reference === found.reference,
  )
  if (recorded) return await bookChange(tx, { ...given, recorded })
  const status = isDecided(found) ? 'under_review' : found.status
  const opened = await open(tx, { row, found: { ...found, status }, now })
  return await bookChange(tx, { row: opened.row, found, now, recorded: opened.dispute })
}

/** Whether a dispute is won or lost. */
export function isDecided({ status }: Pick<DisputeState, 'status'>): boolean {
  return status === 'won' || status === 'lost'
}

async function open(
  tx: Tx,
  { row, found, now }: Found,
): Promise<{ row: PaymentRow; dispute: DisputeRow }> {
  if (row.processor === null) throw new Error(`payment ${row.id} is disputed without a processor`)
  const at = await timeOfStep(tx, { row, now, isFinal: isFinal(row) })
  const dispute: DisputeRow = {
    merchant_id: row.merchant_id,
    livemode: row.livemode,
    id: await claimId<DisputeId>(tx, { kind: 'dispute', account: accountOf(row) }),
    payment_id: row.id,
    processor: row.processor,
    processor_reference: found.reference,
    currency: found.currency ?? row.currency,
    ...reported(found),
    created_at: at,
    updated_at: at,
  }
  await insertDispute(tx, dispute)
  const disputed = await markDisputed(tx, { row, found, now })
  const moved = await move(tx, { row: disputed, event: 'dispute.created', dispute, now })
  await postDispute(tx, moved, {
    currency: dispute.currency,
    withdrawnMinor: dispute.withdrawn_amount,
    feeMinor: dispute.fee,
  })
  return { row: moved, dispute }
}

async function bookChange(
  tx: Tx,
  { recorded, ...given }: Found & { recorded: DisputeRow },
): Promise<PaymentRow> {
  const { row, found, now, by } = given
  const changed: DisputeRow = { ...recorded, ...reported(found) }
  if (
    Object.entries(changed).every(([name, value]) => recorded[name as keyof DisputeRow] === value)
  ) {
    return row
  }
  const at = await timeOfStep(tx, { row, now, isFinal: isFinal(row) })
  const dispute = { ...changed, updated_at: at }
  await updateDispute(tx, dispute)
  const isDisputed = (await findDisputesOf(tx, row)).some(({ status }) => status !== 'won')
  const before = isDisputed ? await markDisputed(tx, { row, found, now }) : row
  const event = eventOf(recorded, dispute)
  const moved = await move(tx, { row: before, event, dispute, isDisputed, now, ...(by && { by }) })
  await postDispute(tx, moved, {
    currency: dispute.currency,
    withdrawnMinor: dispute.withdrawn_amount - recorded.withdrawn_amount,
    feeMinor: dispute.fee - recorded.fee,
  })
  return moved
}

function eventOf(recorded: DisputeRow, { status }: DisputeRow): EventType {
  const isNewStatus = status !== recorded.status
  if (isNewStatus && status === 'won') return 'dispute.won'
  if (isNewStatus && status === 'lost') return 'dispute.lost'
  return 'dispute.updated'
}

/** The columns that follow the processor's reports. */
function reported(found: DisputeState) {
  return {
    processor_url: found.url,
    amount: found.amountMinor,
    withdrawn_amount: withdrawnMinor(found),
    fee: found.feeMinor,
    status: found.status,
    reason: found.reason,
    evidence_due_by: found.evidenceDueBy,
  } satisfies Partial<DisputeRow>
}

/** How much of the merchant's money the processor has withdrawn for a dispute, in minor units. */
export function withdrawnMinor({ status, amountMinor, withdrawnMinor }: DisputeState): number {
  if (status === 'won') return 0
  // While the bank decides, the processor withdraws or returns the rest within minutes.
  return status === 'lost' ? (withdrawnMinor ?? amountMinor) : amountMinor
}

/** Marks the payment as disputed, unless it is. */
async function markDisputed(tx: Tx, { row, found, now }: Found): Promise<PaymentRow> {
  if (row.disputed || isFinal(row)) return row
  return await movePayment(tx, {
    row,
    event: 'payment.disputed',
    change: { disputed: true },
    guard: sql`not disputed`,
    actor: { type: 'processor', id: row.processor },
    reason: found.reason,
    now,
  })
}

/** A step in the payment's timeline whose data is the dispute. */
async function move(
  tx: Tx,
  step: {
    row: PaymentRow
    event: EventType
    dispute: DisputeRow
    isDisputed?: boolean
    now: Timestamp
    by?: Declaration
  },
): Promise<PaymentRow> {
  const { row, event, dispute, isDisputed = true, now, by } = step
  return await movePayment(tx, {
    row,
    event,
    change: isFinal(row) ? {} : { disputed: isDisputed },
    isFinal: isFinal(row),
    guard: sql`status = ${row.status}`,
    ...causeOf(row, by, dispute.reason),
    data: renderDispute(dispute),
    now,
  })
}

/** Whether a payment was canceled or has failed without a capture that was recorded. */
export function isFinal({ status, captured_amount: captured }: PaymentRow): boolean {
  return captured === 0 && statusesToVoid.includes(status)
}
