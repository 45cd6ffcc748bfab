import type { Db } from '../../database/db.ts'
import { compareMigrations } from '../../database/migrate/migrate.ts'
import { type Check, countOf, fail, ok, warn } from '../engine/check.ts'

/** Checks that the tables are those of this version. */
export async function checkMigrations(db: Db): Promise<Check> {
  const name = 'migrations'
  const { pending, later } = await compareMigrations(db)
  if (pending.length > 0) {
    return fail(name, {
      found: `${countOf(pending.length, 'migration')} not applied: ${pending.join(', ')}`,
      expected: 'every migration of this version',
      action: 'start a server of this version on the database',
    })
  }
  if (later.length > 0) {
    return warn(name, {
      found: `applied by a later version: ${later.join(', ')}`,
      expected: 'a program of the same version as the servers',
      action: 'run the doctor of the latest version; a server can stay one release behind',
    })
  }
  return ok(name, 'up to date')
}
