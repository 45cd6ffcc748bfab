import { beforeAll, describe, expect, test } from 'vitest'
import { clusterUrl } from '../../support/databases/cluster.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { withServers } from '../../support/servers/servers.ts'

// Triggers keep the history as it is. Erasing passes them, and nothing else does.

const fixture = withServers(1)
let id: string

beforeAll(async () => {
  id = (await createPaid(fixture.api, { description: 'a gift' })).id
  await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { reason: 'too big' } })
})

/** Runs a statement about the payment in a transaction that is rolled back. Returns its error. */
async function errorOf(statement: string, isErasing: boolean): Promise<string | null> {
  const client = await fixture.sql.connect()
  try {
    await client.query('begin')
    // In a cluster, the triggers run on the node of the row.
    if (clusterUrl) await client.query(`set local citus.propagate_set_commands = 'local'`)
    if (isErasing) await client.query(`set local hedge.erasing = 'on'`)
    const { rowCount } = await client.query(statement.replaceAll(':id', `'${id}'`))
    expect(rowCount, statement).toBeGreaterThan(0)
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    await client.query('rollback')
    client.release()
  }
}

const erasing = [
  `update events set reason = null, state = state - 'payment_method_details' where subject_id = :id`,
  `update refunds set reason = null, metadata = '{}' where payment_id = :id`,
  `update payment_attempts set message = null, request_key = null where payment_id = :id
     and outcome is not null`,
]

test.each(erasing)(
  'is possible where personal data is erased, and only there: %s',
  async (text) => {
    expect(await errorOf(text, true)).toBeNull()
    expect(await errorOf(text, false)).toContain('its rows are kept as they are')
  },
)

describe('is refused also where personal data is erased', () => {
  test.each([
    `update events set type = 'payment.failed' where subject_id = :id`,
    `update events set reason = 'another one' where subject_id = :id`,
    `update events set created_at = '2020-01-01T00:00:00Z' where subject_id = :id`,
    `update events set state = state || '{"captured_amount": 1}' where subject_id = :id and state is not null`,
    `update events set state = '{}' where subject_id = :id and state ? 'captured_amount'`,
    `delete from events where subject_id = :id`,
    `update refunds set reason = 'another one' where payment_id = :id`,
    `update refunds set reason = null, amount = 1 where payment_id = :id`,
    `update payment_attempts set message = 'another one' where payment_id = :id`,
    `update payment_attempts set message = null, outcome = 'undecided'
       where payment_id = :id and outcome is not null`,
    `update payments set amount = amount + 1 where id = :id`,
    `update ledger_transfers set amount = 1 where payment_id = :id`,
  ])('%s', async (text) => {
    expect(await errorOf(text, true)).toMatch(/its rows are kept|append-only/)
  })
})
