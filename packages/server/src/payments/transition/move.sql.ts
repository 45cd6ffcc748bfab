import {
  type ActorType,
  type AttentionReason,
  type EventType,
  isStep,
} from '@hedgepayments/contract'
import { type SqlBool, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { latest, type Timestamp } from '../../domain/time.ts'
import { stateOf } from '../../events/state.ts'

/** One step of a payment that `lockPayment` has locked. */
export interface Move {
  readonly row: PaymentRow
  /** The event of the step. */
  readonly event: EventType
  /** The columns that change, without `sequence` and `updated_at`, which every step changes. */
  readonly change: Partial<PaymentRow>
  /** A condition on the row, beyond its version, under which the step is right. */
  readonly guard: ReturnType<typeof sql<SqlBool>>
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly reason: string | null
  readonly now: Timestamp
  /** Whether the payment is final, so that the API shows the same of it as before. */
  readonly isFinal?: boolean
  /** The data of an event about another object than the payment. */
  readonly data?: object
  /** The difference to the processor that an operator accepts by this step. */
  readonly accepts?: AttentionReason
}

/**
 * Makes the step and writes its event.
 *
 * @returns the row after the step.
 * @throws where the lifecycle has no such step or the guard is false: the caller, which has locked
 *   the row, has decided wrongly.
 */
export async function movePayment(tx: Db, move: Move): Promise<PaymentRow> {
  const { row, event } = move
  if (!isStep({ event, from: row.status, to: move.change.status ?? row.status }))
    throw new Error(`payment ${row.id} cannot go to ${move.change.status} by ${event}`)
  const at = await timeOfStep(tx, move)
  const moved = await tx
    .updateTable('payments')
    .set({
      ...move.change,
      sequence: row.sequence + 1,
      ...(move.isFinal ? {} : { updated_at: at }),
    })
    .where('merchant_id', '=', row.merchant_id)
    .where('livemode', '=', row.livemode)
    .where('id', '=', row.id)
    .where('sequence', '=', row.sequence)
    .where(move.guard)
    .returningAll()
    .executeTakeFirst()
  if (!moved) throw new Error(`payment ${row.id} cannot take the step ${event}`)
  const state = {
    ...stateOf(moved),
    ...(move.data ? { data: move.data } : {}),
    ...(move.accepts ? { accepts: move.accepts } : {}),
  }
  await sql`
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, from_status, to_status, reason, state)
    values (${moved.merchant_id}, ${moved.livemode}, ${moved.id}, ${moved.sequence}, ${event},
      ${at}::timestamptz, ${move.actor.type}, ${move.actor.id}, ${row.status}, ${moved.status},
      ${move.reason}, ${JSON.stringify(state)}::jsonb)`.execute(tx)
  return moved
}

/**
 * The time of a step. The clock of another process may be ahead, and time never runs backwards within a
 * payment. The steps of a final payment do not change `updated_at`, so its last event counts.
 */
export async function timeOfStep(
  tx: Db,
  { row, now, isFinal }: Pick<Move, 'row' | 'now' | 'isFinal'>,
): Promise<Timestamp> {
  if (!isFinal) return latest(now, row.updated_at)
  const { rows } = await sql<{ created_at: Timestamp }>`
    select created_at from events
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and subject_id = ${row.id} and sequence = ${row.sequence}`.execute(tx)
  return latest(now, rows[0]?.created_at ?? row.updated_at)
}

/** Whether an operator has accepted a difference between a payment and the processor's report of it. */
export async function isAccepted(
  db: Db,
  { row, problem }: { row: PaymentRow; problem: AttentionReason },
): Promise<boolean> {
  const { rows } = await sql`
    select from events
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and subject_id = ${row.id} and type = 'payment.resolved'
      and state ->> 'accepts' = ${problem}`.execute(db)
  return rows.length > 0
}
