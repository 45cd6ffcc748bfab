import { sql } from 'kysely'
import type { Migrations } from '../../../packages/server/src/database/migrate/migrate.ts'
import { migrations } from '../../../packages/server/src/database/migrate/migrations.ts'
import { createIndexConcurrently } from '../../../packages/server/src/database/migrations/create-index.ts'

/** The migrations of an imagined later version. They keep the rules of CONTRIBUTING.md. */
export const laterMigrations: Migrations = {
  ...migrations,
  '9001_column': {
    up: async (db) => {
      await sql`alter table payments add column risk text collate "C"`.execute(db)
      await sql`
        alter table payment_tasks add column queue text collate "C" default 'none'`.execute(db)
    },
  },
  '9002_index': {
    isRepeatable: true,
    up: (db) =>
      createIndexConcurrently(db, { name: 'payments_risk', definition: 'payments (risk, id)' }),
  },
  '9003_table': {
    up: async (db) => {
      await sql`create table risks (id text collate "C" primary key)`.execute(db)
    },
  },
}
