import { type Check, countOf, ok, warn } from '../engine/check.ts'
import type { Examined } from '../engine/examined.ts'
import { countLiveKeys, isSuperuser } from './live-mode.sql.ts'

/** Checks that the database is ready for live mode: a live key, and a role that cannot do everything. */
export async function checkLiveMode({ database }: Examined): Promise<Check[]> {
  const count = await countLiveKeys(database.pool)
  const keys =
    count > 0
      ? ok('live_keys', `${countOf(count, 'live key')} in use`)
      : warn('live_keys', {
          found: 'no live key in use',
          expected: 'a live key for each merchant that takes payments',
          action: 'run: hedge keys create --live',
        })
  const role = (await isSuperuser(database.pool))
    ? warn('role', {
        found: 'the role of the server is a superuser',
        expected: 'a role that owns the tables and nothing else',
        action: 'create a role, make it the owner of the tables, and use it in DATABASE_URL',
      })
    : ok('role', 'no superuser')
  return [keys, role]
}
