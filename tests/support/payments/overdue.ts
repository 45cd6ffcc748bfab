import type { Sql } from '../databases/sql.ts'
import type { Api } from '../http/api.ts'
import { until } from '../until.ts'
import { createPaid } from './paid.ts'

/** Creates a paid payment whose refund the sandbox has not decided for too long. Returns its id. */
export async function createOverdueRefund({ api, sql }: { api: Api; sql: Sql }): Promise<string> {
  const { id } = await createPaid(api, { token: 'tok_refundUndecided' })
  await api('POST', `/v1/payments/${id}/refund`)
  await until(`payment ${id} needs attention`, async () => {
    // The task may be in progress, or be requested again.
    await sql.query(
      `update payment_tasks set waiting_since = now() - interval '11 days', due_at = now()
       where payment_id = $1 and kind = 'refund' and lease is null and attention is null`,
      [id],
    )
    return (await api('GET', `/v1/payments/${id}/attention`)).body.data.length > 0
  })
  return id
}
