import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { connectionsOf } from '../../../packages/server/src/diagnosis/engine/connections.ts'
import { insertPayments, openSql, type Sql } from '../../support/databases/sql.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { startHedge } from '../hedge.ts'
import { type Examination, runDoctor } from './run-doctor.ts'

let own: OwnApp
/** The superuser of the cluster. */
let admin: Sql
/** A role with every privilege on the tables, but not a superuser: limits apply to it. */
let role: { name: string; url: string }
let databaseName: string

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  const name = `doctor_${randomBytes(4).toString('hex')}`
  const url = new URL(own.databaseUrl)
  databaseName = url.pathname.slice(1)
  // The bundled PostgreSQL has one password for the server's role and the superuser.
  admin = openSql(own.databaseUrl.replace('//hedge:', '//postgres:'))
  await admin.query(`create role ${name} login password '${name}'`)
  await own.sql.query(`grant all on all tables in schema public to ${name}`)
  await own.sql.query(`grant all on all sequences in schema public to ${name}`)
  Object.assign(url, { username: name, password: name })
  role = { name, url: url.href }
})

afterAll(async () => {
  if (role) await admin.query(`drop owned by ${role.name}`)
  if (role) await admin.query(`drop role ${role.name}`)
  await admin?.close()
  await own?.close()
})

function examine(
  more: { databaseUrl?: string; env?: Record<string, string> } = {},
): Promise<Examination> {
  const server = { url: own.url, secretKey: firstKeys.secretKey }
  return runDoctor({ server, databaseUrl: own.databaseUrl, ...more })
}

/** Breaks the database by a statement, runs the doctor, and undoes it. */
async function examineAfter(
  { change, undo }: { change: string; undo: string },
  more: { databaseUrl?: string; env?: Record<string, string> } = {},
): Promise<Examination> {
  await admin.query(change)
  try {
    return await examine(more)
  } finally {
    await admin.query(undo)
  }
}

describe('hedge doctor', () => {
  test('writes to a healthy database, reads it back, and leaves nothing behind', async () => {
    const rows = () => own.sql.query('select * from signing_keys order by id')
    const before = await rows()
    const { code, checks } = await examine({ databaseUrl: role.url })
    expect(code).toBe(0)
    const good = ['write', 'privileges', 'indexes', 'collation', 'secrets', 'database_clock', 'ids']
    for (const name of [...good, 'encoding', 'time_zone', 'isolation', 'standbys', 'disk']) {
      expect(checks[name]).toMatchObject({ name, status: 'ok', expected: null, action: null })
    }
    expect(checks.write?.found).toMatch(/^a row was written, read and deleted in \d+ ms$/)
    expect(await rows()).toEqual(before)
  })

  test('fails if every write fails, because the database is read-only', async () => {
    const { code, checks } = await examineAfter({
      change: `alter database ${databaseName} set default_transaction_read_only = on`,
      undo: `set default_transaction_read_only = off;
        alter database ${databaseName} reset default_transaction_read_only`,
    })
    expect(code).toBe(1)
    expect(checks.write).toMatchObject({
      status: 'fail',
      found: 'the database is read-only (default_transaction_read_only is on)',
      action: expect.stringContaining('reset default_transaction_read_only'),
    })
    expect(checks.migrations?.status).toBe('ok')
  })

  test('fails if the disk is full', async () => {
    // The error that PostgreSQL reports then. A test with a disk that is full needs root.
    const { code, checks } = await examineAfter({
      change: `create function disk_is_full() returns trigger language plpgsql as $$
          begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
        create trigger disk_is_full before insert on signing_keys
          for each row execute function disk_is_full()`,
      undo: 'drop function disk_is_full cascade',
    })
    expect(code).toBe(1)
    expect(checks.write).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('the disk is full'),
      action: expect.stringContaining('free some space'),
    })
  })

  test('names the privileges that the role lacks', async () => {
    const revoked = await examineAfter(
      {
        change: `revoke insert on payments, signing_keys from ${role.name}`,
        undo: `grant insert on payments, signing_keys to ${role.name}`,
      },
      { databaseUrl: role.url },
    )
    expect(revoked.code).toBe(1)
    expect(revoked.checks.privileges).toMatchObject({
      status: 'fail',
      found: 'the role lacks insert on payments, insert on signing_keys',
    })
    expect(revoked.checks.write?.found).toMatch(/^the role lacks a privilege: /)
  })

  test('compares the limit of the role with what the servers open', async () => {
    const database = connect({ url: own.databaseUrl, onError: () => undefined })
    const needed = connectionsOf(database)
    await database.close()
    const limited = (limit: number) =>
      examineAfter(
        {
          change: `alter role ${role.name} connection limit ${limit}`,
          undo: `alter role ${role.name} connection limit -1`,
        },
        { databaseUrl: role.url },
      )
    const few = await limited(needed - 1)
    expect(few.code).toBe(1)
    expect(few.checks.connections).toMatchObject({
      status: 'fail',
      found: expect.stringContaining(`${needed - 1} of the limit of the role ${role.name}`),
      expected: `at least ${needed}`,
    })
    const enough = await limited(needed)
    expect(enough.code).toBe(0)
    expect(enough.checks.connections?.status).toBe('warn')
  })

  test('names an invalid index', async () => {
    const setValid = (isValid: boolean) =>
      `update pg_index set indisvalid = ${isValid} where indexrelid = 'payments_id'::regclass`
    const { code, checks } = await examineAfter({ change: setValid(false), undo: setValid(true) })
    expect(code).toBe(1)
    expect(checks.indexes).toMatchObject({
      status: 'fail',
      found: 'invalid: payments_id',
      action: 'run: reindex index concurrently payments_id',
    })
  })

  test('fails if migrations are missing, and warns of later ones', async () => {
    const [first] = await own.sql.query('select min(name) as name from hedge_migrations')
    const behind = await examineAfter({
      change: `update hedge_migrations set name = 'away' where name = '${first.name}'`,
      undo: `update hedge_migrations set name = '${first.name}' where name = 'away'`,
    })
    expect(behind.code).toBe(1)
    expect(behind.checks.migrations?.found).toContain(first.name)
    const ahead = await examineAfter({
      change: `insert into hedge_migrations (name) values ('9999_later')`,
      undo: `delete from hedge_migrations where name = '9999_later'`,
    })
    expect(ahead.code).toBe(0)
    expect(ahead.checks.migrations).toMatchObject({
      status: 'warn',
      found: 'applied by a later version: 9999_later',
    })
  })

  test('warns of a collation with another version of the library', async () => {
    const { checks } = await examineAfter({
      change: `update pg_database set datcollversion = '0.1' where datname = '${databaseName}'`,
      undo: `update pg_database set datcollversion = pg_database_collation_actual_version(oid)
        where datname = '${databaseName}'`,
    })
    expect(checks.collation).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('version 0.1'),
    })
  })

  test('calls lost durability a failure once there is a live key', async () => {
    const off = {
      change: `alter database ${databaseName} set synchronous_commit = off`,
      undo: `alter database ${databaseName} reset synchronous_commit`,
    }
    const test = await examineAfter(off)
    expect(test.code).toBe(0)
    expect(test.checks.synchronous_commit).toMatchObject({ status: 'warn', found: 'off' })
    await own.sql.query('update api_keys set livemode = true')
    try {
      const live = await examineAfter(off)
      expect(live.checks.synchronous_commit?.status).toBe('fail')
    } finally {
      await own.sql.query('update api_keys set livemode = false')
    }
  })

  test('finds a payment from the future', async () => {
    await insertPayments(own.sql, { owner: own.owner, count: 1, ageMs: -3_600_000 })
    const { code, checks } = await examine()
    expect(code).toBe(1)
    expect(checks.ids).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/^pay_\w+ was made \d+ min in the future$/),
    })
  })

  test('compares the clock of the database with that of its own machine', async () => {
    const env = {
      DATABASE_URL: own.databaseUrl,
      HEDGE_BASE_URL: own.url,
      HEDGE_API_SECRET: firstKeys.secretKey,
      NODE_OPTIONS:
        '--import "data:text/javascript,const now = Date.now; Date.now = () => now() - 300000"',
    }
    const { stdout, code } = await startHedge(['doctor'], env).ended
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail {2}database_clock +5 min ahead of this machine$/m)
  })
})
