import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { startReceiver } from '../../support/http/receiver.ts'
import { startServer } from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'
import { parseBlocks, readDocument } from '../markdown.ts'

const guide = 'docs/running-in-production.md'
const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const key = 'a key that is kept apart from the backup'

test('the backup of the guide, restored elsewhere, has what was acknowledged, and opens with its key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-backup-'))
  folders.push(folder)
  const receiver = await startReceiver()
  const withKey = { HEDGE_ENCRYPTION_KEY: key }
  const before = await startServer({ env: { HEDGE_DATA_DIR: join(folder, '.hedge'), ...withKey } })
  const api = apiClient(before.url, before.secretKey)
  const kept = await createPayment(api)
  const canceled = await createPayment(api)
  expect((await api('POST', `/v1/payments/${canceled.id}/cancel`)).status).toBe(200)
  const endpoint = { url: receiver.url, events: ['payment.canceled'] }
  const { secret } = (await api('POST', '/v1/webhooks/endpoints', { body: endpoint })).body
  await before.stop()

  // Only the last line of the second block is not run as it stands: the server has a test's keys.
  for (const block of commands()) run(block.replace(/^HEDGE_DATA_DIR=.*npm start$/m, ''), folder)
  await rm(join(folder, '.hedge'), { recursive: true })

  const env = { HEDGE_DATA_DIR: join(folder, 'restored') }
  const without = await startServer({ env })
  const again = apiClient(without.url, without.secretKey)
  expect((await again('GET', `/v1/payments/${kept.id}`)).body.status).toBe('pending')
  expect((await again('GET', `/v1/payments/${canceled.id}`)).body.status).toBe('canceled')
  expect((await again('POST', `/v1/payments/${kept.id}/cancel`)).status).toBe(200)
  await until('its webhook waits', () => without.log().includes('webhook delivery failed'))
  await without.stop()
  const ofKept = () => receiver.received.filter(({ event }) => event.data.id === kept.id)
  expect(ofKept()).toEqual([])

  const after = await startServer({ env: { ...env, ...withKey } })
  try {
    await until('its webhook comes', () => ofKept().length > 0)
    const [{ body, headers } = { body: '', headers: {} }] = ofKept()
    const event = new Webhook(secret).verify(body, headers as Record<string, string>)
    expect(event).toMatchObject({ type: 'payment.canceled' })
  } finally {
    await after.stop()
    await receiver.close()
  }
})

function commands(): string[] {
  const blocks = parseBlocks(readDocument(guide)).filter(({ info }) =>
    info.includes('backup.long.test'),
  )
  expect(blocks).toHaveLength(2)
  return blocks.map(({ code }) => code)
}

function run(script: string, folder: string): void {
  const { status, stderr } = spawnSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
}
