import { mkdir } from 'node:fs/promises'
import pg from 'pg'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { connect } from '../../packages/server/src/database/connect.ts'
import { migrate } from '../../packages/server/src/database/migrate/migrate.ts'
import { bootstrap } from '../../packages/server/src/merchants/bootstrap.ts'
import { seedHistory } from './seed.ts'

/** The keys of the first merchant of a large database. */
export const historyKeys = {
  publishableKey: 'pk_test_for_the_history_only',
  secretKey: 'sk_test_OnlyForTheHistoryOfHedgePayments',
}

/** A large database, which stays in its folder for the next run. */
export interface LargeDatabase {
  readonly url: string
  readonly merchantId: string
  stop(): Promise<void>
}

/** Settings of a database server with some gigabytes of memory. */
const settings = {
  max_connections: '100',
  shared_buffers: '2GB',
  max_wal_size: '4GB',
  checkpoint_timeout: '30min',
  maintenance_work_mem: '512MB',
}

/** While the history is written: rows of tables that are truncated in the transaction cost no log. */
const seedingSettings = {
  ...settings,
  wal_level: 'minimal',
  max_wal_senders: '0',
  fsync: 'off',
  autovacuum: 'off',
  jit: 'off',
}

/** Opens the large database of a folder. The first time, it is created, with so many payments. */
export async function openLargeDatabase({
  folder,
  payments,
  log,
}: {
  folder: string
  payments: number
  log: (message: string) => void
}): Promise<LargeDatabase> {
  await mkdir(folder, { recursive: true })
  const start = (chosen: Record<string, string>) =>
    startBundledPostgres({ dataDir: folder, log: () => undefined, settings: chosen })
  const seeder = await start(seedingSettings)
  let merchantId: string
  try {
    merchantId = await ensureHistory(seeder.url, { payments, log })
  } finally {
    await seeder.stop()
  }
  const started = await start(settings)
  return { url: started.url, merchantId, stop: () => started.stop() }
}

async function ensureHistory(
  url: string,
  { payments, log }: { payments: number; log: (message: string) => void },
): Promise<string> {
  const database = connect({ url, onError: () => undefined })
  await migrate(database)
  await bootstrap(database.db, historyKeys)
  await database.close()
  const asSuperuser = new URL(url)
  asSuperuser.username = 'postgres'
  const options = '-c session_replication_role=replica -c synchronous_commit=off -c work_mem=256MB'
  const client = new pg.Client({ connectionString: asSuperuser.href, options })
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string; is_seeded: boolean }>(
      `select (select merchant_id from api_keys where publishable_key = $1) as id,
         exists (select from event_hours) as is_seeded`,
      [historyKeys.publishableKey],
    )
    const merchantId = rows[0]?.id
    if (merchantId === undefined) throw new Error('the large database has no merchant')
    if (!rows[0]?.is_seeded) {
      await seedHistory(client, { merchantId, payments, end: new Date(), log })
    }
    return merchantId
  } finally {
    await client.end()
  }
}
