import type { OwnApp } from '../../support/servers/own-app.ts'

/** The rows that a worker must not change after another worker has taken over. */
export async function snapshot(
  { api, sql }: Pick<OwnApp, 'api' | 'sql'>,
  id: string,
): Promise<unknown> {
  const rows = async (table: string, column = 'payment_id') =>
    await sql.query(`select to_jsonb(x) as row from ${table} x where ${column} = $1 order by 1`, [
      id,
    ])
  return {
    payment: (await api('GET', `/v1/payments/${id}`)).body,
    events: await rows('events', 'subject_id'),
    tasks: await rows('payment_tasks'),
    refunds: await rows('refunds'),
    disputes: await rows('disputes'),
    ledger: await rows('ledger_entries'),
    movements: await rows('sandbox_movements'),
    // Calls that the worker had begun may end late, so only their existence and order are compared.
    calls: await sql.query(
      'select number, kind, processor_key from payment_attempts where payment_id = $1 order by 1',
      [id],
    ),
  }
}
