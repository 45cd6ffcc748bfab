import type { MerchantId, PaymentCreate } from '@hedgepayments/contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { databaseActor, recordAudit } from '../../packages/server/src/audit/record.ts'
import { claimNextCancellation } from '../../packages/server/src/cancellations/run/claim.sql.ts'
import { connect, type Database } from '../../packages/server/src/database/connect.ts'
import type { Tx } from '../../packages/server/src/database/db.ts'
import { toTimestamp } from '../../packages/server/src/domain/time.ts'
import { claimId } from '../../packages/server/src/lists/ids.sql.ts'
import { insertPayment } from '../../packages/server/src/payments/create/create.sql.ts'
import { readNewPayment } from '../../packages/server/src/payments/create/create-request.ts'
import { findDefaults } from '../../packages/server/src/payments/create/merchant-defaults.sql.ts'
import { clusterUrl, createDistributedDatabase } from '../support/databases/cluster.ts'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { paymentBody } from '../support/http/api.ts'

// Runs on the cluster of HEDGE_TEST_CITUS_URL, and is skipped without it.

let created: TestDatabase
let database: Database
let sql: Sql
const account = { merchantId: 'merch_1' as MerchantId, livemode: false }

beforeEach(async () => {
  if (clusterUrl === undefined) return
  created = await createDistributedDatabase(clusterUrl)
  sql = openSql(created.url)
  database = connect({ url: created.url, onError: () => undefined })
  await sql.query(`insert into merchants (id, name, created_at, updated_at)
    values ('merch_1', 'Shop', now(), now())`)
})

afterEach(async () => {
  await sql?.close()
  await database?.close()
  await created?.drop()
})

/** How many advisory locks each node has while a transaction is open: the coordinator, the workers. */
async function locksDuring(work: (tx: Tx) => Promise<unknown>): Promise<number[]> {
  return await database.db.transaction().execute(async (tx) => {
    await work(tx)
    const nodes = await sql.query(
      `select n.groupid = 0 as is_coordinator, r.result::integer as locks
       from pg_dist_node n join run_command_on_all_nodes($$
         select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
           and pid <> pg_backend_pid()
           and database = (select oid from pg_database where datname = current_database())
       $$) r on r.nodeid = n.nodeid order by n.groupid`,
    )
    return nodes.map(({ locks }) => locks)
  })
}

const cases: Record<string, (tx: Tx) => Promise<unknown>> = {
  'an id': async (tx) => await claimId(tx, { kind: 'key', account }),
  'a payment': async (tx) => {
    const body = paymentBody() as unknown as PaymentCreate
    const auth = {
      ...account,
      keyId: 'key_1' as never,
      scopes: new Set<never>(),
      budgets: [],
      clockOffsetSeconds: 0,
    }
    const request = { auth, body, idempotency: null, now: toTimestamp(Date.now()), publicUrl: '' }
    const payment = readNewPayment(request, await findDefaults(tx, account))
    if ('refusal' in payment) throw new Error(payment.message)
    await insertPayment(tx, payment, { actorId: auth.keyId })
  },
  'an audit record': async (tx) => {
    const actor = databaseActor('system', account)
    const target = { type: 'merchant', id: 'merch_1' } as const
    await recordAudit(tx, actor, { action: 'merchant.updated', target })
  },
  'a bulk cancellation': async (tx) => {
    await sql.query(`insert into cancellations (merchant_id, livemode, id, status, dry_run, actor_id,
        selected, selected_through, processed_through, created_at, updated_at)
      values ('merch_1', false, 'can_1', 'pending', false, 'key_1', true, '', '', now(), now())
      on conflict do nothing`)
    expect((await claimNextCancellation(tx))?.id).toBe('can_1')
  },
}

// Servers find locks on the coordinator only. Citus may run a whole statement, with its locks, on a worker.
test.skipIf(!clusterUrl).each(Object.entries(cases))(
  'the lock of %s is on the coordinator',
  async (_, work) => {
    // Citus runs some statements on its workers in turns.
    for (let turn = 0; turn < 3; turn++) {
      const [onCoordinator, ...onWorkers] = await locksDuring(work)
      expect(onCoordinator).toBeGreaterThan(0)
      expect(onWorkers.every((locks) => locks === 0)).toBe(true)
    }
  },
)
