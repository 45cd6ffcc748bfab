import { sql } from 'kysely'
import type { Db } from '../../../database/db.ts'
import type { Timestamp } from '../../../domain/time.ts'

/** A payment in the sandbox's books. The row is changed in place. */
export interface SandboxPayment {
  merchant_id: string
  payment_id: string
  reference: string
  /** `null` if the payment was voided before it was authorized. */
  token: string | null
  amount: number
  currency: string
  status: 'action_required' | 'authorized' | 'declined' | 'captured' | 'voided'
  decline_code: string | null
  decline_message: string | null
  action_secret: string | null
  action_url: string | null
  return_url: string
  /** When the authorization ends; `null`: it was never authorized. */
  authorized_until: Timestamp | null
  captured_at: Timestamp | null
  captured_amount: number | null
}

/** A refund in the sandbox's books. */
export interface SandboxRefund {
  reference: string
  refund_id: string
  amount: number
  /** When the refund becomes `succeeded`. Until then it is `pending`. */
  decided_at: Timestamp
}

/** Serializes the calls about one payment until the transaction ends. A payment may have no row yet. */
export async function lockBooks(
  tx: Db,
  { merchantId, paymentId }: { merchantId: string; paymentId: string },
): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(${bookName(merchantId, paymentId)}, 0))
    `.execute(tx)
}

/** The name by which the calls about a payment lock each other out. */
export function bookName(merchantId: string, paymentId: string): string {
  return `sandbox ${merchantId} ${paymentId}`
}

/** Finds the entry of a payment. `undefined`: the sandbox does not know the payment. */
export async function findEntry(
  db: Db,
  { merchantId, paymentId }: { merchantId: string; paymentId: string },
): Promise<SandboxPayment | undefined> {
  const { rows } = await sql<SandboxPayment>`
    select * from sandbox_payments
    where merchant_id = ${merchantId} and payment_id = ${paymentId}`.execute(db)
  return rows[0]
}

/** Finds a payment by the secret of its challenge, which is all that the customer's link contains. */
export async function findChallenged(db: Db, secret: string): Promise<SandboxPayment | undefined> {
  const { rows } = await sql<SandboxPayment>`
    select * from sandbox_payments where action_secret = ${secret}`.execute(db)
  return rows[0]
}

/** Inserts or updates an entry. */
export async function saveEntry(tx: Db, entry: SandboxPayment): Promise<void> {
  await sql`
    insert into sandbox_payments (merchant_id, payment_id, reference, token, amount, currency,
      status, decline_code, decline_message, action_secret, action_url, return_url,
      authorized_until, captured_at, captured_amount)
    values (${entry.merchant_id}, ${entry.payment_id}, ${entry.reference}, ${entry.token},
      ${entry.amount}, ${entry.currency}, ${entry.status}, ${entry.decline_code},
      ${entry.decline_message}, ${entry.action_secret}, ${entry.action_url}, ${entry.return_url},
      ${entry.authorized_until}::timestamptz, ${entry.captured_at}::timestamptz,
      ${entry.captured_amount}::integer)
    on conflict (merchant_id, payment_id) do update
      set token = excluded.token, status = excluded.status, decline_code = excluded.decline_code,
        decline_message = excluded.decline_message, action_secret = excluded.action_secret,
        action_url = excluded.action_url, authorized_until = excluded.authorized_until,
        captured_at = excluded.captured_at, captured_amount = excluded.captured_amount`.execute(tx)
}

/** Records that an amount was authorized, captured, voided or refunded. */
export async function insertMovement(
  tx: Db,
  movement: {
    entry: SandboxPayment
    kind: 'authorize' | 'capture' | 'void' | 'refund'
    amount: number
    idempotencyKey: string
    now: Timestamp
  },
): Promise<void> {
  const { entry } = movement
  await sql`
    insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key, moved_at)
    values (${entry.merchant_id}, ${entry.payment_id}, ${movement.kind}, ${movement.amount},
      ${movement.idempotencyKey}, ${movement.now}::timestamptz)`.execute(tx)
}

/** Inserts a refund of a captured payment. */
export async function insertRefund(
  tx: Db,
  { entry, refund }: { entry: SandboxPayment; refund: SandboxRefund },
): Promise<void> {
  await sql`
    insert into sandbox_refunds (merchant_id, reference, payment_id, refund_id, amount, decided_at)
    values (${entry.merchant_id}, ${refund.reference}, ${entry.payment_id}, ${refund.refund_id},
      ${refund.amount}, ${refund.decided_at}::timestamptz)`.execute(tx)
}

/** The refunds of a payment, by reference. */
export async function listRefunds(db: Db, entry: SandboxPayment): Promise<SandboxRefund[]> {
  const { rows } = await sql<SandboxRefund>`
    select reference, refund_id, amount, decided_at from sandbox_refunds
    where merchant_id = ${entry.merchant_id} and payment_id = ${entry.payment_id}
    order by reference`.execute(db)
  return rows
}

/** The stored answer of an idempotency key. */
export async function findAnswer<T>(
  tx: Db,
  { merchantId, key }: { merchantId: string; key: string },
): Promise<T | undefined> {
  const { rows } = await sql<{ answer: T }>`
    select answer from sandbox_answers
    where merchant_id = ${merchantId} and idempotency_key = ${key}`.execute(tx)
  return rows[0]?.answer
}

/** Stores the answer of an idempotency key. */
export async function saveAnswer(
  tx: Db,
  { merchantId, key, answer }: { merchantId: string; key: string; answer: object },
): Promise<void> {
  await sql`
    insert into sandbox_answers (merchant_id, idempotency_key, answer)
    values (${merchantId}, ${key}, ${JSON.stringify(answer)}::jsonb)`.execute(tx)
}

/** How often calls met the fault of a token, and when the first one did. */
export interface FaultCount {
  calls: number
  first_at: Timestamp
}

/** Counts a call whose token has a fault. Commits by itself, so the count stays if the call fails. */
export async function countFault(
  db: Db,
  call: { merchantId: string; paymentId: string; operation: string; token: string; now: Timestamp },
): Promise<FaultCount> {
  const { rows } = await sql<FaultCount>`
    insert into sandbox_faults as f (merchant_id, payment_id, operation, token, calls, first_at)
    values (${call.merchantId}, ${call.paymentId}, ${call.operation}, ${call.token}, 1,
      ${call.now}::timestamptz)
    on conflict (merchant_id, payment_id, operation) do update set calls = f.calls + 1
    returning calls, first_at`.execute(db)
  const count = rows[0]
  if (!count) throw new Error('the count of a fault was not stored')
  return count
}

/** The count of a payment's authorizations whose token has a fault. */
export async function findFault(
  db: Db,
  { merchantId, paymentId }: { merchantId: string; paymentId: string },
): Promise<(FaultCount & { token: string }) | undefined> {
  const { rows } = await sql<FaultCount & { token: string }>`
    select token, calls, first_at from sandbox_faults
    where merchant_id = ${merchantId} and payment_id = ${paymentId}
      and operation = 'authorize'`.execute(db)
  return rows[0]
}
