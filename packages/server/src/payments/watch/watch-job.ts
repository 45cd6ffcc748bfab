import { sql } from 'kysely'
import { commit } from '../../database/commit.ts'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import {
  type Decline,
  endedDecline,
  type PaymentState,
} from '../../processors/interface/results.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { debitsOf } from '../calls/debits.ts'
import { dropTask, planTask } from '../tasks/tasks.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { movePayment } from '../transition/move.sql.ts'
import { nextWatch, warningSeconds } from './plan-watch.ts'

/**
 * Looks up an authorization that waits for its capture: when the processor sends a message about it,
 * every day, a day before its end, and at its end. An authorization that has ended fails the payment. Money that was
 * captured manually at the processor ends the wait as well.
 */
export async function watchAuthorization(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!isAuthorized(row)) return 'done'
  await abandonAttempts(db, { row, now, task })
  const call = await callOf(work)
  const found = debitsOf(call.processor, row) ? unsent(row) : await lookUp(db, call)
  if (!found.ok) return 'failed'
  const state = found.result
  if (state.state === 'absent') return 'failed'
  if (state.state === 'undecided' || state.state === 'action_required') return 'pending'
  const account = accountOf(row)
  const watched = await commit(db, 'watch', async (tx) => {
    const locked = await lockPayment(tx, { account, id: row.id })
    return locked && isAuthorized(locked) ? await record(tx, { row: locked, state, now }) : locked
  })
  const isWaiting = watched && isAuthorized(watched) && watched.capture_method === 'manual'
  return isWaiting ? { againAt: nextWatch(endOf(watched, state), now) } : 'done'
}

/** A debit is sent when the payment becomes `processing`, so the processor knows nothing of it yet. */
function unsent(row: PaymentRow): { readonly ok: true; readonly result: PaymentState } {
  const { authorization_expires_at: expiresAt } = row
  return { ok: true, result: { state: 'authorized', reference: '', expiresAt } }
}

function isAuthorized({ status }: PaymentRow): boolean {
  return statusesBefore('processing').includes(status)
}

type FinalState = Exclude<PaymentState, { state: 'absent' | 'undecided' | 'action_required' }>

interface Found {
  readonly row: PaymentRow
  readonly state: FinalState
  readonly now: Timestamp
}

async function record(tx: Tx, found: Found): Promise<PaymentRow> {
  const { row, state, now } = found
  const end = endOf(row, state)
  switch (state.state) {
    case 'captured':
      return await recordManualCapture(tx, found)
    case 'declined':
      return await fail(tx, found, state.decline)
    case 'voided': {
      const hasExpired = state.cause === 'expired' || (end !== null && end <= now)
      return await fail(tx, found, endedDecline(hasExpired ? 'expired' : 'canceled'))
    }
    case 'authorized':
      if (end === null || now < plusSeconds(end, -warningSeconds)) return row
      if (end <= now) return await fail(tx, found, endedDecline('expired'))
      return row.capture_method === 'manual' ? await warn(tx, found) : row
  }
}

/** The end of the authorization: the processor's latest answer, or else its first. */
function endOf(row: PaymentRow, state: FinalState): Timestamp | null {
  const latestEnd = state.state === 'authorized' ? state.expiresAt : null
  return latestEnd ?? row.authorization_expires_at
}

/** The capture job finds the amount that was captured. */
async function recordManualCapture(tx: Tx, { row, now }: Found): Promise<PaymentRow> {
  const moved = await movePayment(tx, {
    row,
    event: 'payment.processing',
    change: { status: 'processing' },
    guard: sql`status = ${row.status}`,
    actor: { type: 'processor', id: row.processor },
    reason: null,
    now,
  })
  await dropTask(tx, { row, kind: 'process' })
  await planTask(tx, { row, kind: 'capture', afterSeconds: 0 })
  return moved
}

async function fail(tx: Tx, { row, state, now }: Found, decline: Decline): Promise<PaymentRow> {
  const failed = await movePayment(tx, {
    row,
    event: 'payment.failed',
    change: { status: 'failed', failure_code: decline.code, failure_message: decline.message },
    guard: sql`status = ${row.status}`,
    actor: { type: 'processor', id: row.processor },
    reason: decline.code,
    now,
  })
  await dropTask(tx, { row, kind: 'process' })
  // By the processor's clock, the authorization may last for some seconds more.
  if (state.state === 'authorized') await planTask(tx, { row, kind: 'void', afterSeconds: 0 })
  return failed
}

/** Warns once, however often the authorization is looked up. */
async function warn(tx: Tx, { row, now }: Found): Promise<PaymentRow> {
  const isNew = await isFirst(tx, row)
  if (!isNew) return row
  return await movePayment(tx, {
    row,
    event: 'payment.authorization_expiring',
    change: {},
    guard: sql`status = ${row.status}`,
    actor: { type: 'system', id: null },
    reason: null,
    now,
  })
}

async function isFirst(tx: Tx, row: PaymentRow): Promise<boolean> {
  const { rows } = await sql`
    select from events
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and subject_id = ${row.id} and type = 'payment.authorization_expiring'`.execute(tx)
  return rows.length === 0
}
