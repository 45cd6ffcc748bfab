import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { hedge } from '../hedge.ts'
import { type Examination, runDoctor } from './run-doctor.ts'

let own: OwnApp
let folder: string
let file: string

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  folder = await mkdtemp(join(tmpdir(), 'hedge-doctor-'))
  file = join(folder, 'hedge.env')
})

afterAll(async () => {
  await own?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The settings of a deployment that is fit for real payments. */
const good = () => ({
  HEDGE_PUBLIC_URL: 'https://127.0.0.1:1',
  HEDGE_TRUSTED_PROXIES: '127.0.0.1',
  HEDGE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  HEDGE_DATA_DIR: folder,
  HEDGE_STRIPE_SECRET_KEY: 'sk_live_51AbCdEfGhIjKlMnOpQrStUv',
  HEDGE_STRIPE_PUBLISHABLE_KEY: 'pk_live_51AbCdEfGhIjKlMnOpQrStUv',
  HEDGE_STRIPE_WEBHOOK_SECRET: 'whsec_51AbCdEfGhIjKlMnOpQrStUv',
  DATABASE_URL: own.databaseUrl,
})

/** Instead of a value: the variable is left out. */
const unset = ''

/** Runs the doctor with the settings in a file. */
async function judge(
  changes: Record<string, string> = {},
  { mode = 0o600, database = own.databaseUrl as string | null } = {},
): Promise<Examination> {
  const settings = Object.entries({ ...good(), ...changes })
    .filter(([, value]) => value !== unset)
    .map(([name, value]) => `${name}=${value}`)
  await writeFile(file, `${settings.join('\n')}\n`)
  await chmod(file, mode)
  const server = { url: own.url, secretKey: firstKeys.secretKey }
  const which = database === null ? [] : ['--database', database]
  return await runDoctor({ server }, '--production', '--settings', file, ...which)
}

/** A database on another machine. It is not reached: the setting is judged alone. */
const remote = (query: string) => `postgres://hedge:hunter2@192.0.2.1:1/hedge${query}`

test('hedge doctor --production accepts settings that are fit for real payments', async () => {
  const { checks } = await judge()
  for (const name of [
    ...['settings', 'proxies', 'public_url', 'host', 'encryption_key', 'own_database', 'stripe'],
    ...['database_tls', 'webhook_networks', 'log_level', 'settings_file', 'data_permissions'],
  ]) {
    expect(checks[name]).toMatchObject({ name, status: 'ok' })
  }
  expect(checks.live_keys).toMatchObject({ status: 'warn', found: 'no live key in use' })
  // The cluster of the tests does not wait for the disk. In production, test data counts too.
  expect(checks.fsync).toMatchObject({ status: 'fail', found: 'off' })
  expect(checks.first_key).toBeUndefined()
})

test('hedge doctor without --production does not judge the deployment', async () => {
  const server = { url: own.url, secretKey: firstKeys.secretKey }
  const { code, checks } = await runDoctor({ server, databaseUrl: own.databaseUrl })
  expect(code).toBe(0)
  expect(checks.public_url).toBeUndefined()
})

test.each([
  ['public_url', 'fail', { HEDGE_PUBLIC_URL: 'http://pay.example.com' }, 'http://pay.example.com'],
  ['proxies', 'fail', { HEDGE_TRUSTED_PROXIES: unset }, 'HEDGE_TRUSTED_PROXIES is not set'],
  ['host', 'warn', { HOST: '0.0.0.0' }, 'listens on 0.0.0.0'],
  ['encryption_key', 'fail', { HEDGE_ENCRYPTION_KEY: unset }, 'is not set'],
  ['encryption_key', 'warn', { HEDGE_ENCRYPTION_KEY_PREVIOUS: 'x'.repeat(32) }, 'still set'],
  ['webhook_networks', 'fail', { HEDGE_WEBHOOK_PRIVATE_NETWORKS: 'allow' }, 'is allow'],
  ['log_level', 'warn', { LOG_LEVEL: 'trace' }, 'LOG_LEVEL is trace'],
  ['stripe', 'warn', { HEDGE_STRIPE_PUBLISHABLE_KEY: unset }, 'the hosted page takes no payments'],
  ['stripe', 'fail', { HEDGE_STRIPE_WEBHOOK_SECRET: unset }, 'hours later'],
  ['stripe', 'fail', { HEDGE_STRIPE_API_BASE: 'http://127.0.0.1:9' }, 'names another server'],
  ['settings', 'fail', { PORT: 'http' }, 'PORT: expected'],
])('judges %s: %s for %j', async (name, status, changes, found) => {
  const { checks, code } = await judge(changes)
  expect(checks[name]).toMatchObject({ status, found: expect.stringContaining(found) })
  expect(code).toBe(1)
})

test("refuses a key of Stripe's test mode", async () => {
  const { checks } = await judge({
    HEDGE_STRIPE_SECRET_KEY: 'sk_test_51AbCdEfGhIjKlMnOpQrStUv',
    HEDGE_STRIPE_PUBLISHABLE_KEY: 'pk_test_51AbCdEfGhIjKlMnOpQrStUv',
  })
  expect(checks.stripe).toMatchObject({
    status: 'fail',
    found: expect.stringContaining("Stripe's test mode"),
  })
})

test.each([
  ['', 'fail'],
  ['?sslmode=disable', 'fail'],
  ['?sslmode=no-verify', 'warn'],
  ['?sslmode=require&uselibpqcompat=true', 'warn'],
  ['?sslmode=prefer&uselibpqcompat=true', 'fail'],
  ['?sslmode=require', 'ok'],
  ['?sslmode=verify-full', 'ok'],
])('judges TLS to a database on another machine: %s is %s', async (query, status) => {
  const { checks, stdout } = await judge({ DATABASE_URL: remote(query) })
  expect(checks.database_tls?.status).toBe(status)
  expect(stdout).not.toContain('hunter2')
})

test('judges who can read the file of the settings, and the data folder', async () => {
  const { checks } = await judge({}, { mode: 0o644 })
  expect(checks.settings_file).toMatchObject({
    status: 'fail',
    found: `${file} has mode 644`,
    action: `run: chmod 600 ${file}`,
  })
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'credentials.json'), '{}', { mode: 0o600 })
  const open = await judge()
  expect(open.checks.data_permissions?.status).toBe('fail')
  expect(open.checks.first_key?.status).toBe('warn')
  // As root, the server lets the user of PostgreSQL pass through the folder.
  await chmod(folder, 0o711)
  expect((await judge()).checks.data_permissions?.status).toBe('ok')
  await rm(join(folder, 'credentials.json'))
})

test('warns of the bundled database', async () => {
  const { checks } = await judge({ DATABASE_URL: unset }, { database: null })
  expect(checks.own_database).toMatchObject({
    status: 'warn',
    action: expect.stringContaining('hedge export'),
  })
})

test('fails if everyone can read the metrics', async () => {
  const { checks } = await judge({ HEDGE_PUBLIC_URL: own.url })
  expect(checks.metrics_access).toMatchObject({
    status: 'fail',
    found: `everyone can read ${own.url}/metrics`,
  })
  expect((await judge()).checks.metrics_access?.status).toBe('warn')
})

test('reports a file of settings that cannot be read', async () => {
  const args = ['doctor', '--settings', join(folder, 'missing.env')]
  // In a process of its own: Node itself reads some options, such as --env-file.
  const { code, stderr } = await hedge(args, { NO_COLOR: '1' })
  expect(code).toBe(2)
  expect(stderr).toContain('Cannot read the file of --settings: ENOENT.')
})

test('asks the server at the port of the settings', async () => {
  const { port } = new URL(own.url)
  await writeFile(file, `PORT=${port}\nDATABASE_URL=${own.databaseUrl}\n`)
  const { stdout } = await hedge(['doctor', '--settings', file], {
    HEDGE_API_SECRET: firstKeys.secretKey,
  })
  expect(stdout).toMatch(new RegExp(`ok +server +http://127.0.0.1:${port} answers`))
})

test('names lines that are no settings, and names of settings that do not exist', async () => {
  const text = `# a comment\nPORT=${new URL(own.url).port}\nDATABASE_URL ${own.databaseUrl}\n
    HEDGE_ENCRYPTON_KEY=topsecret\nexport LOG_LEVEL="info"\nOTHER="two\nlines"\nHEDGE_PUBLIC_URL\n`
  await writeFile(file, text)
  const server = { url: own.url, secretKey: firstKeys.secretKey }
  const { code, checks, stdout } = await runDoctor({ server }, '--settings', file)
  expect(code).toBe(1)
  expect(checks.settings_file).toMatchObject({
    status: 'fail',
    found: '4 settings; not read: line 3, 9',
  })
  expect(checks.setting_names).toMatchObject({
    status: 'warn',
    found: 'HEDGE_ENCRYPTON_KEY: Hedge has no such setting',
  })
  expect(stdout).not.toContain('topsecret')
})
