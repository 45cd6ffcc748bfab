import { expect, inject, test } from 'vitest'
import { createDatabase, ensureTemplate } from './postgres.ts'
import { query } from './postgres-server.ts'
import { openSql } from './sql.ts'

const adminUrl = inject('postgresAdminUrl')

test('a template is built once for concurrent callers, and its copies are independent', async () => {
  const name = `template_${process.pid}`
  let builds = 0
  const prepare = async (url: string) => {
    builds += 1
    await query(url, 'CREATE TABLE memory (answer int)')
  }
  await Promise.all([1, 2, 3].map(() => ensureTemplate(adminUrl, name, prepare)))
  expect(builds).toBe(1)

  const [one, other] = await Promise.all([
    createDatabase(adminUrl, { template: name }),
    createDatabase(adminUrl, { template: name }),
  ])
  await query(one.url, 'INSERT INTO memory VALUES (42)')
  expect(await query(one.url, 'SELECT answer FROM memory')).toEqual([42])
  expect(await query(other.url, 'SELECT answer FROM memory')).toEqual([])
  await one.drop()
  await other.drop()
  await expect(query(one.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' })
})

test('a template whose preparation fails is deleted, and can be built again', async () => {
  const name = `template_failing_${process.pid}`
  const failing = ensureTemplate(adminUrl, name, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  await ensureTemplate(adminUrl, name, async (url) => {
    await query(url, 'CREATE TABLE memory (answer int)')
  })
  const database = await createDatabase(adminUrl, { template: name })
  expect(await query(database.url, 'SELECT count(*)::int FROM memory')).toEqual([0])
  await database.drop()
})

test('a pool ends also with a connection that a failed test has not released', async () => {
  const sql = openSql(adminUrl)
  const client = await sql.connect()
  await client.query('begin')
  await sql.close()
  await expect(client.query('select 1')).rejects.toThrow()
})
