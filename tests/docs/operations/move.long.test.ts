import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, inject, test } from 'vitest'
import { hedge } from '../../cli/hedge.ts'
import { createDatabase } from '../../support/databases/postgres.ts'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { startServer } from '../../support/servers/server.ts'
import { parseBlocks, readDocument } from '../markdown.ts'

const guide = 'docs/running-in-production.md'
const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** The commands of `hedge` in the guide, without those that start a server. */
function commands(mark: string): string[] {
  const blocks = parseBlocks(readDocument(guide)).filter(({ info }) => info.includes(mark))
  return blocks.flatMap(({ code }) => code.match(/^ *npx hedge .*$/gm) ?? [])
}

/** Runs a command of the guide in a folder: its relative paths become absolute. */
async function run(line: string, folder: string, variables: Record<string, string> = {}) {
  const args = line.trim().replace('npx hedge ', '').split(' ')
  const absolute = args.map((arg) => {
    const [, name] = /^"\$(\w+)"$/.exec(arg) ?? []
    if (name) return variables[name] ?? expect.fail(`${name} is not set`)
    return /^(backup|moving|restored)/.test(arg) ? join(folder, arg) : arg
  })
  const ended = await hedge(absolute, { HEDGE_DATA_DIR: join(folder, '.hedge') })
  expect(ended.code, ended.stderr).toBe(0)
  return ended.stdout
}

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-move-'))
  folders.push(folder)
  return folder
}

test('by the guide, the bundled database moves to another PostgreSQL with every payment', async () => {
  const folder = await createFolder()
  const env = { HEDGE_DATA_DIR: join(folder, '.hedge') }
  const before = await startServer({ env })
  const api = apiClient(before.url, before.secretKey)
  const paid = await createPaid(api, {})
  const open = await createPayment(api)
  await before.stop()

  const target = await createDatabase(inject('postgresAdminUrl'))
  try {
    const lines = commands('move.long.test.ts runs it on a stopped server')
    expect(lines).toHaveLength(2)
    const outputs = []
    for (const line of lines)
      outputs.push(await run(line, folder, { NEW_DATABASE_URL: target.url }))
    expect(outputs[1]).toMatch(/^ +2 {2}payments$/m)
    expect(outputs[1]).toMatch(/rows of \d+ tables imported and verified from /)
    const after = await startServer({ databaseUrl: target.url, env })
    const there = apiClient(after.url, before.secretKey)
    expect((await there('GET', `/v1/payments/${paid.id}`)).body.status).toBe('succeeded')
    expect((await there('POST', `/v1/payments/${open.id}/cancel`)).body.status).toBe('canceled')
    await after.stop()
  } finally {
    await target.drop()
  }
})

test('by the guide, the bundled database is backed up beside a server and restored', async () => {
  const folder = await createFolder()
  const before = await startServer({ env: { HEDGE_DATA_DIR: join(folder, '.hedge') } })
  const api = apiClient(before.url, before.secretKey)
  const { id } = await createPayment(api)
  const lines = commands('move.long.test.ts runs it beside a server')
  expect(lines).toHaveLength(2)
  for (const line of lines) await run(line, folder)
  // The first server goes on.
  expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
  await before.stop()
  const restored = await startServer({ env: { HEDGE_DATA_DIR: join(folder, 'restored') } })
  const again = apiClient(restored.url, before.secretKey)
  expect((await again('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
  await restored.stop()
})
