/**
 * Applies migrations of a later version, so that a test can kill it inside one:
 * `node migrate-process.ts URL NAME`. Applies every migration before the named one, runs the
 * statements of the named one, prints a line before the commit, and waits.
 */
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { laterMigrations } from '../databases/later-migrations.ts'

const [, , url = '', last = ''] = process.argv
const database = connect({ url, onError: () => undefined })
const migration = laterMigrations[last]
if (!migration) throw new Error(`there is no migration ${last}`)
await migrate(database, {
  ...Object.fromEntries(Object.entries(laterMigrations).filter(([name]) => name < last)),
  [last]: {
    async up(db) {
      await migration.up(db)
      process.stdout.write('in the middle\n')
      await new Promise(() => setInterval(() => undefined, 1_000))
    },
  },
})
