/**
 * A process to be killed in the middle of a migration: `node migrate-process.ts URL NAME`. Applies
 * every migration up to the one of that name, says so when its statements are done and nothing of
 * it is committed yet, and then stands still.
 */
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { migrations } from '../../../packages/server/src/database/migrate/migrations.ts'

const [, , url = '', last = ''] = process.argv
const database = connect({ url, onError: () => undefined })
const migration = migrations[last]
if (!migration) throw new Error(`there is no migration ${last}`)
await migrate(database, {
  ...Object.fromEntries(Object.entries(migrations).filter(([name]) => name < last)),
  [last]: {
    async up(db) {
      await migration.up(db)
      process.stdout.write('in the middle\n')
      await new Promise(() => setInterval(() => undefined, 1_000))
    },
  },
})
