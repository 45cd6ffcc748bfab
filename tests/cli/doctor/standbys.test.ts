import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { database, password } from '../../faults/database/node.ts'
import { type Pair, startPair } from '../../faults/database/pair.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'
import { runDoctor } from './run-doctor.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair()
  const migrated = connect({ url: pair.url, onError: () => undefined })
  await migrate(migrated)
  await migrated.close()
})

afterAll(() => pair?.remove())

/** Examines one node, as the role of the servers. It may not see the state of standbys. */
const examine = (node: 'primary' | 'standby') =>
  runDoctor({
    server: { url: 'http://127.0.0.1:1', secretKey: firstKeys.secretKey },
    databaseUrl: `postgres://hedge:${password}@127.0.0.1:${pair[node].port}/${database}`,
  })

test('hedge doctor says that a standby takes no writes', async () => {
  // A commit waits until the standby has stored it, not until it shows it.
  const { checks } = await until('the standby has the migrations', async () => {
    const examined = await examine('standby')
    return examined.checks.migrations?.status === 'ok' && examined
  })
  expect(checks.write).toMatchObject({
    status: 'fail',
    found: 'the server is a standby, which takes no writes',
    action: expect.stringContaining('the address of the primary'),
  })
})

test('hedge doctor says that commits wait for a standby that is gone, and does not wait itself', async () => {
  const before = await examine('primary')
  expect(before.checks.standbys).toMatchObject({
    status: 'ok',
    found: '1 of 1 that commits wait for',
  })
  expect(before.checks.write?.status).toBe('ok')
  await pair.standby.kill()
  await until('the primary has noticed', async () => {
    const [count] = await query(
      pair.primary.url,
      'select count(*)::integer from pg_stat_replication',
    )
    return count === 0
  })
  const { checks } = await examine('primary')
  expect(checks.standbys).toMatchObject({
    status: 'fail',
    found: '0 of 1 that commits wait for',
    expected: 'the standbys of synchronous_standby_names = standby',
  })
  expect(checks.write?.status).toBe('ok')
  expect(await query(pair.primary.url, 'select count(*)::integer from signing_keys')).toEqual([0])
})
