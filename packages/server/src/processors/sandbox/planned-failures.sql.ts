import type { PlannedFailureCode } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'

/** Serializes the plans of a merchant until the transaction ends, so that the limit holds. */
export async function lockPlans(tx: Db, merchantId: string): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(${`sandbox plans ${merchantId}`}, 0))`.execute(tx)
}

/** Plans a failure of the merchant's next authorization. */
export async function insertPlannedFailure(
  tx: Db,
  { merchantId, code }: { merchantId: string; code: PlannedFailureCode },
): Promise<void> {
  await sql`
    insert into sandbox_planned_failures (merchant_id, code)
    values (${merchantId}, ${code})`.execute(tx)
}

/** The number of failures that wait for an authorization. */
export async function countPlannedFailures(db: Db, merchantId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from sandbox_planned_failures
    where merchant_id = ${merchantId}`.execute(db)
  return rows[0]?.count ?? 0
}

/** Whether a failure waits, and whether an earlier call about the payment met a fault of this token. */
export async function findPlans(
  db: Db,
  query: { merchantId: string; paymentId: string; token: string },
): Promise<{ isWaiting: boolean; wasDown: boolean }> {
  const { rows } = await sql<{ is_waiting: boolean; was_down: boolean }>`
    select
      exists (
        select from sandbox_planned_failures where merchant_id = ${query.merchantId}
      ) as is_waiting,
      exists (
        select from sandbox_faults
        where merchant_id = ${query.merchantId} and payment_id = ${query.paymentId}
          and operation = 'authorize' and token = ${query.token}
      ) as was_down`.execute(db)
  return { isWaiting: rows[0]?.is_waiting === true, wasDown: rows[0]?.was_down === true }
}

/**
 * Deletes and returns the oldest planned failure of a merchant. Of concurrent transactions, each gets
 * another one. A transaction that is rolled back leaves its failure to the next authorization.
 */
export async function takePlannedFailure(
  tx: Db,
  merchantId: string,
): Promise<PlannedFailureCode | undefined> {
  const { rows } = await sql<{ code: PlannedFailureCode }>`
    delete from sandbox_planned_failures
    where merchant_id = ${merchantId} and position = (
      select position from sandbox_planned_failures
      where merchant_id = ${merchantId}
      order by position limit 1 for update skip locked
    )
    returning code`.execute(tx)
  return rows[0]?.code
}
