import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { apiClient, createPayment } from '../support/api.ts'
import { startServer } from '../support/server.ts'
import { parseBlocks, readDocument } from './markdown.ts'

const guide = 'docs/running-in-production.md'
const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** Two clusters are made, filled and copied, each with its fsyncs. */
const timeout = 120_000

test('the backup of the guide, restored elsewhere, has what was acknowledged', {
  timeout,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-backup-'))
  folders.push(folder)
  const before = await startServer({ env: { HEDGE_DATA_DIR: join(folder, '.hedge') } })
  const api = apiClient(before.url, before.secretKey)
  const kept = await createPayment(api)
  const canceled = await createPayment(api)
  expect((await api('POST', `/v1/payments/${canceled.id}/cancel`)).status).toBe(200)
  await before.stop()

  // Only the last line of the second block is not run as it stands: the server has a test's keys.
  for (const block of commands()) run(block.replace(/^HEDGE_DATA_DIR=.*npm start$/m, ''), folder)
  await rm(join(folder, '.hedge'), { recursive: true })

  const after = await startServer({ env: { HEDGE_DATA_DIR: join(folder, 'restored') } })
  try {
    const again = apiClient(after.url, after.secretKey)
    expect((await again('GET', `/v1/payments/${kept.id}`)).body.status).toBe('pending')
    expect((await again('GET', `/v1/payments/${canceled.id}`)).body.status).toBe('canceled')
  } finally {
    await after.stop()
  }
})

function commands(): string[] {
  const blocks = parseBlocks(readDocument(guide)).filter(({ info }) => info.includes('backup.test'))
  expect(blocks).toHaveLength(2)
  return blocks.map(({ code }) => code)
}

function run(script: string, folder: string): void {
  const { status, stderr } = spawnSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
}
