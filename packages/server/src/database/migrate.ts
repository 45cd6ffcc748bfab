import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as payments from './migrations/0001_payments.ts'
import * as cancellations from './migrations/0002_cancellations.ts'
import * as dashboard from './migrations/0003_dashboard.ts'
import * as refunds from './migrations/0004_refunds.ts'
import * as ledger from './migrations/0005_ledger.ts'
import * as processing from './migrations/0006_processing.ts'
import * as sandbox from './migrations/0007_sandbox.ts'
import * as webhooks from './migrations/0008_webhooks.ts'
import * as checkout from './migrations/0009_checkout.ts'
import * as processorCredentials from './migrations/0010_processor_credentials.ts'
import * as stats from './migrations/0011_stats.ts'
import * as retention from './migrations/0012_retention.ts'
import * as rateCounts from './migrations/0013_rate_counts.ts'
import * as dailyStats from './migrations/0017_daily_stats.ts'

/** Every migration in order. They only go forward, and one that was released never changes. */
const migrations: Record<string, Migration> = {
  '0001_payments': payments,
  '0002_cancellations': cancellations,
  '0003_dashboard': dashboard,
  '0004_refunds': refunds,
  '0005_ledger': ledger,
  '0006_processing': processing,
  '0007_sandbox': sandbox,
  '0008_webhooks': webhooks,
  '0009_checkout': checkout,
  '0010_processor_credentials': processorCredentials,
  '0011_stats': stats,
  '0012_retention': retention,
  '0013_rate_counts': rateCounts,
  '0017_daily_stats': dailyStats,
}

/**
 * Brings the database up to date. Safe when several processes start at once: Kysely takes a
 * lock in the database, and all migrations of a run are one transaction.
 *
 * @returns names of the migrations that were applied now.
 * @throws when one fails; then none of the run is applied.
 */
export async function migrate<DB>(db: Kysely<DB>): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: 'hedge_migrations',
    migrationLockTableName: 'hedge_migrations_lock',
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  return (results ?? []).map((result) => result.migrationName)
}

/** Whether every migration of this version is applied. */
export async function isMigrated<DB>(db: Kysely<DB>): Promise<boolean> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: 'hedge_migrations',
    migrationLockTableName: 'hedge_migrations_lock',
  })
  const known = await migrator.getMigrations()
  return known.every((migration) => migration.executedAt !== undefined)
}
