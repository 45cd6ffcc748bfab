import { expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { startReceiver } from '../../support/http/receiver.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

// Query plans depend on table size and statistics. Only with many rows does a full scan per step
// become visible.

const fixture = withServers(1)

/** Existing payments, which the bulk cancellation does not match. */
const others = 40_000
const canceled = 4_000
const part = 2_000

/** The rows that the server has read so far, by full scans and by index scans. */
async function readSoFar(): Promise<Record<string, { scanned: number; lookedUp: number }>> {
  const rows = await fixture.sql.query<{ relname: string; scanned: number; looked_up: number }>(
    `select relname, seq_tup_read::integer as scanned, idx.read::integer as looked_up
     from pg_stat_user_tables t
     cross join lateral (
       select coalesce(sum(idx_tup_read), 0) as read from pg_stat_user_indexes i
       where i.relid = t.relid
     ) idx`,
  )
  return Object.fromEntries(
    rows.map(({ relname, scanned, looked_up }) => [relname, { scanned, lookedUp: looked_up }]),
  )
}

test('on large tables a bulk cancellation, its webhooks and its counts read only the rows that they need', async () => {
  const { api, sql, owner } = fixture
  const receiver = await startReceiver()
  // In parts, because the server reads events at the same time and skips uncommitted events.
  for (let n = 0; n < others; n += part) {
    await insertPayments(sql, { owner, count: part, ageMs: 3_600_000 + n })
  }
  await insertPayments(sql, { owner, count: canceled, email: 'bulk@example.com' })
  const isCounted = async () => {
    // From the sequence, because the test's own connection would read the table.
    const [row] = await sql.query(
      `select least(r.position, s.position) = pg_sequence_last_value(
         pg_get_serial_sequence('events', 'position')::regclass) as done
       from event_relay r, stats_progress s`,
    )
    return row.done
  }
  await until('the inserted rows are counted', isCounted, { patience: 3 })
  await sql.query('analyze payments, events')
  const url = receiver.url
  await api('POST', '/v1/webhooks/endpoints', { body: { url, events: ['payment.canceled'] } })
  const filter = { customer_email: 'bulk@example.com' }
  const { body } = await api('POST', '/v1/cancellations', { body: { filter } })
  await until('all are canceled', async () => {
    const now = await api('GET', `/v1/cancellations/${body.id}`)
    return now.body.status === 'completed' && now.body.canceled === canceled
  })
  await until('webhooks are in progress', () => receiver.received.length > 100)
  await until('cancels are counted', isCounted, { patience: 3 })

  // A session reports its statistics after it has been idle for some seconds.
  await until('PostgreSQL has counted too', async () => {
    const [row] = await sql.query(
      `select n_tup_upd >= $1 as all from pg_stat_user_tables where relname = 'payments'`,
      [canceled],
    )
    return row.all
  })
  const read = await readSoFar()
  for (const table of ['payments', 'events', 'webhook_deliveries', 'cancellation_items']) {
    expect(read[table]?.scanned, `${table}, read from end to end`).toBe(0)
  }
  // Each payment is counted and sealed, and each matching one is also selected, locked, updated and sent.
  // The bound has a reserve.
  expect(read.payments?.lookedUp).toBeLessThan(3 * others + 10 * canceled)
  // Each event is relayed, counted and sealed, and some events are also sent.
  expect(read.events?.lookedUp).toBeLessThan(4 * (others + 2 * canceled))
  expect(read.cancellation_items?.lookedUp).toBeLessThan(3 * canceled)
  await receiver.close()
})
