import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPrograms, initialize, type Node } from '../../faults/database/node.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { createMigratedDatabase, firstKeys } from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'
import { runDoctor } from './run-doctor.ts'

let folder: string
let node: Node
let databaseUrl: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-doctor-'))
  node = await initialize(await findPrograms(folder), { folder, name: 'primary' })
  await node.start({ fsync: 'off' })
  databaseUrl = (await createMigratedDatabase(node.url.replace(/[^/]*$/, 'postgres'))).url
})

afterAll(async () => {
  await node?.kill()
  await rm(folder, { recursive: true, force: true })
})

/** Sets the standbys that commits wait for, and waits until PostgreSQL has read the setting. */
async function setStandbys(names: string): Promise<void> {
  await query(databaseUrl, `alter system set synchronous_standby_names = '${names}'`)
  await query(databaseUrl, 'select pg_reload_conf()')
  await until('the setting is read', async () => {
    const [found] = await query(databaseUrl, 'show synchronous_standby_names')
    return found === names
  })
}

const examine = () =>
  runDoctor({ server: { url: 'http://127.0.0.1:1', secretKey: firstKeys.secretKey }, databaseUrl })

test('hedge doctor says that commits wait for a standby that is gone, and does not wait itself', async () => {
  expect((await examine()).checks.standbys?.status).toBe('ok')
  await setStandbys('ANY 2 (a, b, c)')
  const { checks } = await examine()
  expect(checks.standbys).toMatchObject({
    status: 'fail',
    found: '0 of 2 that commits wait for',
    expected: 'the standbys of synchronous_standby_names = ANY 2 (a, b, c)',
  })
  expect(checks.write?.status).toBe('ok')
  await setStandbys('')
  expect(await query(databaseUrl, `select count(*)::integer from signing_keys`)).toEqual([0])
})
