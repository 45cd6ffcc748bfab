import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { hedge, type Running, startHedge } from './hedge.ts'

let folder: string
let served: Running

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-serve-'))
})

afterAll(async () => {
  served?.child.kill('SIGTERM')
  await served?.ended
  await rm(folder, { recursive: true, force: true })
})

test('hedge serve runs the server, and the other commands find its key and its database', async () => {
  const env = { LOG_LEVEL: 'warn', HEDGE_DATA_DIR: folder }
  served = startHedge(['serve', '--port', '0'], env)
  const url = await until(
    'the server is ready',
    () => /ready at (\S+)/.exec(served.stdout())?.[1],
    { patience: 2 },
  )
  const secret = /secret key {7}(sk_test_[a-z0-9]{40})$/m.exec(served.stdout())?.[1] ?? ''
  expect(secret).not.toBe('')
  expect(served.stdout()).toContain(`-H "Authorization: Bearer ${secret}"`)
  // The file with the key contains the address as well.
  const client = env
  const doctor = await hedge(['doctor'], client)
  expect(doctor).toMatchObject({ code: 0, stderr: '' })
  expect(doctor.stdout).toMatch(/^ok +database +bundled/m)
  expect(doctor.stdout).toMatch(/^ok +disk +.* free for \S+postgres$/m)
  expect((await hedge(['payments', 'list'], client)).code).toBe(0)

  const live = await hedge(['keys', 'create', '--live', '--json'], client)
  expect(live.code).toBe(0)
  const { secret_key: secretKey } = JSON.parse(live.stdout)
  const listed = await hedge(['payments', 'list'], {
    ...client,
    HEDGE_API_SECRET: secretKey,
    HEDGE_BASE_URL: url,
  })
  expect(listed.code).toBe(0)

  served.child.kill('SIGTERM')
  expect((await served.ended).code).toBe(0)
  // The command starts the database, and stops it at its end.
  expect((await hedge(['keys', 'create', '--live'], client)).code).toBe(0)

  // The output is not a terminal. It may be a log, which would keep a printed secret.
  served = startHedge(['serve', '--port', '0'], env)
  await until('the server is ready again', () => served.stdout().includes('ready at'), {
    patience: 2,
  })
  await until('the banner is whole', () => served.stdout().includes('customer@example.com'))
  expect(served.stdout()).toContain(`secret key       in ${join(folder, 'credentials.json')}`)
  expect(served.stdout()).toContain('$HEDGE_API_SECRET')
  expect(served.stdout() + served.stderr()).not.toContain(secret)
})
