import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Database } from '../../../packages/server/src/database/connect.ts'
import { sealAll } from '../../../packages/server/src/seals/seal.ts'
import { withoutGuards } from '../../support/databases/sql.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { hedge } from '../hedge.ts'
import { runVerify } from './run-verify.ts'

const env = { HEDGE_ENCRYPTION_KEY: 'a key of 32 characters, for this test' }
const fixture = withServers(1, env)
let folder: string
let database: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-heads-'))
  database = connect({ url: fixture.database.url, onError: () => undefined })
})

afterAll(async () => {
  await database?.close()
  await rm(folder, { recursive: true, force: true })
})

const verify = (...options: string[]) =>
  runVerify({ databaseUrl: fixture.database.url, env }, ...options)

/** Pays a payment and waits until its events can be sealed. */
async function pay(): Promise<string> {
  const { id } = await createPaid(fixture.api, {})
  await until('its events are relayed', async () => {
    const [row] = await fixture.sql.query(
      'select position >= (select max(position) from events) as done from event_relay',
    )
    return row.done
  })
  return id
}

/** Exports the heads into a new file. Returns its path and the printed public key. */
async function exportHeads(name: string): Promise<{ path: string; publicKey: string }> {
  const path = join(folder, name)
  const report = await verify('--export-head', path)
  expect(report).toMatchObject({ code: 0, failed: {} })
  const found = report.checks.exported_head?.found ?? ''
  expect(found).toMatch(/^1 head written to /)
  return { path, publicKey: found.replace(/^.* /, '') }
}

test('an exported head is in the chain later, and its key is stored as other secrets are', async () => {
  await pay()
  const { path, publicKey } = await exportHeads('first.json')
  await pay()
  await sealAll(database.db)
  const report = await verify('--head', path, '--public-key', publicKey)
  expect(report).toMatchObject({ code: 0, failed: {} })
  expect(report.checks.head?.found).toMatch(/^1 head of 20\S+Z in the present chains$/)
  const rows = await fixture.sql.query('select * from head_keys')
  expect(rows).toHaveLength(1)
  expect(rows[0].secret).toMatch(/^sealed:/)
  expect((await exportHeads('second.json')).publicKey).toBe(publicKey)
  const again = await hedge(['verify', '--database', fixture.database.url, '--export-head', path])
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is never replaced')])
})

test('an export waits for a process that seals, so it contains all that has settled', async () => {
  await pay()
  const other = await fixture.sql.connect()
  await other.query('begin')
  await other.query('select from seal_progress for update')
  const path = join(folder, 'waited.json')
  const exporting = verify('--export-head', path)
  await until('the export waits', async () => {
    const rows = await fixture.sql.query(
      `select from pg_locks where not granted and locktype = 'transactionid'`,
    )
    return rows.length > 0
  })
  await other.query('commit')
  other.release()
  expect(await exporting).toMatchObject({ code: 0, failed: {} })
  const [{ hash }] = await fixture.sql.query(
    `select encode(hash, 'hex') as hash from seals order by number desc limit 1`,
  )
  const [progress] = await fixture.sql.query(
    `select s.position >= (select max(position) from events) as sealed from seal_progress s`,
  )
  expect([progress.sealed, await readFile(path, 'utf8')]).toEqual([
    true,
    expect.stringContaining(hash),
  ])
})

test('the key is not made in plain text beside encrypted secrets, else the report says so', async () => {
  const url = 'https://example.com/hooks'
  const made = await fixture.api('POST', '/v1/webhooks/endpoints', { body: { url } })
  expect(made.status, made.text).toBe(201)
  await fixture.sql.query('delete from head_keys')
  const path = join(folder, 'plain.json')
  const args = ['verify', '--database', fixture.database.url, '--export-head']
  const refused = await hedge([...args, path])
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toContain('HEDGE_ENCRYPTION_KEY is not set')
  expect(await fixture.sql.query('select from head_keys')).toEqual([])
  await fixture.sql.query(
    `update webhook_endpoints set secret = 'plain:whsec_x', old_secret = null`,
  )
  const report = await runVerify({ databaseUrl: fixture.database.url }, '--export-head', path)
  expect(report.checks.exported_head?.found).toContain('the private key is stored in plain text')
  await fixture.sql.query('delete from head_keys')
  const nowhere = await hedge([...args, join(folder, 'none', 'x.json')])
  expect(nowhere).toMatchObject({ code: 2, stdout: '' })
  expect(nowhere.stderr).toContain('ENOENT')
})

test('a chain that was written anew shows by the head, although it is sound in itself', async () => {
  const id = await pay()
  const { path, publicKey } = await exportHeads('before.json')
  await fixture.servers.pop()?.stop()
  await withoutGuards(
    fixture.sql,
    `update events set created_at = now() + interval '1 second' where subject_id = '${id}'`,
    `update payments set updated_at = now() + interval '1 second' where id = '${id}'`,
    'delete from seals',
    'update seal_progress set position = 0',
  )
  await sealAll(database.db)
  const report = await verify('--head', path)
  expect(report.code).toBe(1)
  expect(report.failed).toEqual({
    head: expect.stringMatching(/^1 head not in the present chains: seal \d+ of merch_\w+ test$/),
  })
  // Nothing is exported from a chain that does not have the head.
  const next = join(folder, 'never.json')
  const refused = await verify('--head', path, '--export-head', next)
  expect(Object.keys(refused.failed)).toEqual(['head', 'exported_head'])
  await expect(readFile(next)).rejects.toThrow('ENOENT')
  expect((await verify('--head', path, '--public-key', publicKey)).code).toBe(1)
})

test('a file that was changed, or signed by another key, is refused', async () => {
  const { path, publicKey } = await exportHeads('genuine.json')
  const text = await readFile(path, 'utf8')
  const changed = join(folder, 'changed.json')
  await writeFile(changed, text.replace(/"number": "\d+"/, '"number": "77"'))
  expect((await verify('--head', changed)).failed.head).toContain('the file was changed')
  // A number that no 64-bit column takes.
  await writeFile(changed, text.replace(/"number": "\d+"/, `"number": "${'9'.repeat(19)}"`))
  const large = await hedge(['verify', '--database', fixture.database.url, '--head', changed])
  expect([large.code, large.stderr]).toEqual([2, expect.stringContaining('is no file of')])
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })
  const foreign = await verify('--head', path, '--public-key', other.toString('base64'))
  expect(foreign.failed.head).toContain(`signed by another key, ${publicKey}`)
  const none = await hedge(['verify', '--database', fixture.database.url, '--head', folder])
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('Cannot read')])
  await fixture.sql.query('update head_keys set public_key = public_key || $1', ['x'])
  const unknown = await verify('--head', path)
  expect([unknown.code, unknown.checks.head?.status]).toEqual([0, 'warn'])
  expect((await verify('--head', path, '--public-key', publicKey)).checks.head?.status).toBe('ok')
})
