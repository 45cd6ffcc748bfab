import { type Check, fail, ok, type Problem, warn } from './check.ts'
import type { Examined } from './examined.ts'
import {
  countStandbys,
  findInvalidIndexes,
  hasLiveKeys,
  readCollation,
  type Settings,
} from './settings.sql.ts'

/** What each setting must be, so that an acknowledged commit survives a power cut. */
const durable = {
  fsync: { action: "set fsync = on in PostgreSQL's configuration, and restart it" },
  full_page_writes: { action: 'run: alter system set full_page_writes = on, and reload' },
  synchronous_commit: {
    action:
      'run: alter database … reset synchronous_commit, the same for the role, or set it to on',
  },
} as const

/** Checks the settings that make a commit durable. */
export async function checkDurability(examined: Examined): Promise<Check[]> {
  const { settings, isProduction, database } = examined
  // Test data may be lost: the databases of test suites are faster so.
  const judge = isProduction || (await hasLiveKeys(database.pool)) ? fail : warn
  return Object.entries(durable).map(([name, { action }]) => {
    const found = settings.get(name) ?? 'unknown'
    if (found !== 'off') return ok(name, found)
    const expected = 'on: otherwise a crash loses acknowledged payments'
    return judge(name, { found, expected, action })
  })
}

/** Checks that the standbys that commits wait for are connected. */
export async function checkStandbys({ settings, database }: Examined): Promise<Check> {
  const name = 'standbys'
  const { connected, synchronous } = await countStandbys(database.pool)
  const needed = neededStandbys(settings)
  if (needed === 0) return ok(name, `${connected} connected, and commits wait for none`)
  const ready = synchronous ?? connected
  if (ready < needed) {
    return fail(name, {
      found: `${ready} of ${needed} that commits wait for`,
      expected: `the standbys of synchronous_standby_names = ${settings.get('synchronous_standby_names')}`,
      action:
        'start the standbys, or run: alter system reset synchronous_standby_names, and reload. ' +
        'Until then every commit waits without end',
    })
  }
  if (['local', 'off'].includes(settings.get('synchronous_commit') ?? '')) {
    return warn(name, {
      found: `synchronous_commit is ${settings.get('synchronous_commit')}, so commits wait for none`,
      expected: 'on: otherwise a failover loses acknowledged payments',
      action: 'run: alter system set synchronous_commit = on, and reload',
    })
  }
  return ok(name, `${ready} of ${needed} that commits wait for`)
}

/**
 * The number of standbys that a commit waits for. `FIRST 2 (a, b)`, `ANY 2 (a, b)` and `2 (a, b)` name it;
 * a list of names means one.
 */
export function neededStandbys(settings: Settings): number {
  const names = settings.get('synchronous_standby_names')?.trim() ?? ''
  if (names === '') return 0
  return Number(/^(?:first|any)?\s*(\d+)\s*\(/i.exec(names)?.[1] ?? 1)
}

/** Checks what a session of the server gets: time zone, isolation level, encoding. */
export function checkSessions({ settings }: Examined): Check[] {
  const read = (name: string) => settings.get(name) ?? 'unknown'
  return [
    expectSetting('time_zone', /^(Etc\/)?UTC$/, fail, {
      found: read('TimeZone'),
      expected: 'UTC in sessions of the server',
      action: "let the pooler pass the sessions' settings (session mode), or connect without it",
    }),
    expectSetting('isolation', /^read committed$/, warn, {
      found: read('default_transaction_isolation'),
      expected: 'read committed: with another level, concurrent requests get 503',
      action: 'run: alter database … reset default_transaction_isolation, the same for the role',
    }),
    expectSetting('encoding', /^UTF8$/, fail, {
      found: read('server_encoding'),
      expected: 'UTF8',
      action: 'create a database with encoding UTF8, and move with hedge export and hedge import',
    }),
  ]
}

function expectSetting(
  name: string,
  right: RegExp,
  judge: typeof fail | typeof warn,
  problem: Problem,
): Check {
  return right.test(problem.found) ? ok(name, problem.found) : judge(name, problem)
}

/** Checks the indexes, and the library that sorts texts. */
export async function checkStructure({ database }: Examined): Promise<Check[]> {
  const invalid = await findInvalidIndexes(database.pool)
  const { recorded, actual } = await readCollation(database.pool)
  const indexes =
    invalid.length === 0
      ? ok('indexes', 'all valid')
      : fail('indexes', {
          found: `invalid: ${invalid.join(', ')}`,
          expected: 'indexes that PostgreSQL uses',
          action: `run: ${invalid.map((index) => `reindex index concurrently ${index}`).join('; ')}`,
        })
  const collation =
    recorded === actual || recorded === null
      ? ok('collation', recorded === null ? 'without a version' : `version ${recorded}`)
      : warn('collation', {
          found: `indexes sorted by version ${recorded}, the library has ${actual ?? 'none'}`,
          expected: 'the same version',
          action: 'run: reindex database …; alter database … refresh collation version',
        })
  return [indexes, collation]
}
