import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { chooseAccount } from '../../../packages/bundled-postgres/src/processes/account.ts'
import { initialize, password } from '../../faults/database/node.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { startServer } from '../../support/servers/server.ts'
import { parseBlocks, readDocument } from '../markdown.ts'

/** The newest PostgreSQL of this machine that is complete: the bundled one has no pg_dump. */
const installed = globSync('/usr/{lib/postgresql/*,pgsql-*}/bin/pg_dump')
  .map((file) => dirname(file))
  .filter((bin) =>
    ['pg_restore', 'initdb', 'postgres'].every((name) => existsSync(join(bin, name))),
  )
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  .at(-1)

test.runIf(installed !== undefined)(
  'the dump of the guide, restored into an empty database, has what was acknowledged',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hedge-dump-'))
    await chmod(folder, 0o755)
    const programs = { folder: installed ?? '', account: await chooseAccount() }
    const node = await initialize(programs, { folder, name: 'cluster' })
    try {
      await node.start({})
      const address = (name: string) =>
        `postgres://hedge:${password}@127.0.0.1:${node.port}/${name}`
      const admin = node.url.replace(/[^/]*$/, 'postgres')
      await query(admin, `create role hedge login password '${password}'`)
      for (const name of ['live', 'restored'])
        await query(admin, `create database ${name} owner hedge`)

      const server = await startServer({ databaseUrl: address('live') })
      const api = apiClient(server.url, server.secretKey)
      const kept = await createPayment(api)
      const canceled = await createPayment(api)
      const cancel = () =>
        api('POST', `/v1/payments/${canceled.id}/cancel`, { idempotencyKey: 'once' })
      const answer = await cancel()
      dump({ from: address('live'), to: address('restored'), folder, bin: programs.folder })
      await server.stop()

      const restored = await startServer({ databaseUrl: address('restored') })
      const again = apiClient(restored.url, restored.secretKey)
      expect((await again('GET', `/v1/payments/${kept.id}`)).body.status).toBe('pending')
      const path = `/v1/payments/${canceled.id}/cancel`
      const replayed = await again('POST', path, { idempotencyKey: 'once' })
      expect([replayed.status, replayed.text]).toEqual([200, answer.text])
      await createPayment(again)
      await restored.stop()
      const change = query(address('restored'), 'truncate ledger_transfers')
      await expect(change).rejects.toThrow(/append-only/)
    } finally {
      await node.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
)

/** Runs the commands of the guide as they stand. */
function dump(options: { from: string; to: string; folder: string; bin: string }): void {
  const blocks = parseBlocks(readDocument('docs/running-in-production.md'))
  const [block] = blocks.filter(({ info }) => info.includes('dump.long.test'))
  const { status, stderr } = spawnSync('bash', ['-euc', block?.code ?? 'false'], {
    cwd: options.folder,
    encoding: 'utf8',
    env: {
      PATH: `${options.bin}:${process.env.PATH}`,
      DATABASE_URL: options.from,
      RESTORED_DATABASE_URL: options.to,
    },
  })
  expect(status, stderr).toBe(0)
}
