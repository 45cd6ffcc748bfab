import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, inject, test } from 'vitest'
import { createDatabase } from '../../support/databases/postgres.ts'
import { lockPayments, openSql, sendToWait } from '../../support/databases/sql.ts'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { childEnvironment } from '../../support/processes/environment.ts'
import { createMigratedDatabase, firstKeys, startServer } from '../../support/servers/server.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

/** Starts a server that fails, and returns its output and its exit code. */
async function startAndFail(env: Record<string, string>) {
  const child = spawn(process.execPath, [inject('programs').server], {
    env: { ...childEnvironment, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  }
  await once(child, 'close')
  return { said, code: child.exitCode }
}

test('requests in flight at SIGTERM are answered, and the process ends with 0', async () => {
  const database = await createMigratedDatabase()
  const sql = openSql(database.url)
  const server = await startServer({ databaseUrl: database.url })
  const api = apiClient(server.url, server.secretKey)
  const payments = await Promise.all(Array.from({ length: 20 }, () => createPayment(api)))
  const letGo = await lockPayments(sql)
  const running = await sendToWait(
    sql,
    payments.slice(0, 2).map(
      ({ id }) =>
        () =>
          api('POST', `/v1/payments/${id}/cancel`),
    ),
  )
  running.push(...payments.slice(2).map(({ id }) => api('POST', `/v1/payments/${id}/cancel`)))
  // Answered after the cancels have arrived.
  await api('GET', '/v1/payments?limit=1')
  const stopped = server.stop()
  await until('it takes no new connections', async () => {
    const socket = await fetch(`${server.url}/healthz`, { headers: { connection: 'close' } }).catch(
      () => null,
    )
    await socket?.text()
    return socket === null
  })
  await letGo()
  const answers = await Promise.all(running)
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(await stopped).toBe(0)
  await sql.close()
  await database.drop()
})

test('processes that start concurrently on an empty database all start and create one merchant', async () => {
  const database = await createDatabase(inject('postgresAdminUrl'))
  const servers = await Promise.all(
    Array.from({ length: size({ quick: 2, all: 3 }) }, () =>
      startServer({ databaseUrl: database.url }),
    ),
  )
  for (const server of servers) {
    const api = apiClient(server.url, server.secretKey)
    expect((await api('GET', '/v1/payments')).status).toBe(200)
    expect((await api('GET', '/readyz')).status).toBe(200)
  }
  const sql = openSql(database.url)
  expect(await sql.query('select count(*)::integer as n from merchants')).toEqual([{ n: 1 }])
  expect(await sql.query('select count(*)::integer as n from api_keys')).toEqual([{ n: 1 }])
  await sql.close()
  await Promise.all(servers.map((server) => server.stop()))
  await database.drop()
})

test('the first start without given keys shows a new key pair, and a later start does not', async () => {
  const database = await createMigratedDatabase()
  const env = { HEDGE_API_KEY: undefined, HEDGE_API_SECRET: undefined }
  const server = await startServer({ databaseUrl: database.url, env })
  // A second process on the same database shows no keys.
  expect(server.output()).toMatch(/secret key {7}sk_test_[a-z0-9]{40}$/m)
  const secret = /sk_test_[a-z0-9]{40}/.exec(server.output())?.[0] ?? ''
  expect((await apiClient(server.url, secret)('GET', '/v1/payments')).status).toBe(200)
  expect(server.log()).not.toContain(secret)
  const second = await startServer({ databaseUrl: database.url })
  expect(second.output()).not.toMatch(/sk_test_/)
  expect((await apiClient(second.url, secret)('GET', '/v1/payments')).status).toBe(200)
  await Promise.all([server.stop(), second.stop()])
  await database.drop()
})

test.runIf(isLongRun)('a start that creates keys and then fails has shown them', async () => {
  const database = await createMigratedDatabase()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const { said, code } = await startAndFail({
    DATABASE_URL: database.url,
    PORT: String(port),
    HOST: '127.0.0.1',
  })
  taken.close()
  expect(code).toBe(1)
  expect(said).toMatch(/publishable key {2}pk_test_[a-z0-9]{40}$/m)
  const secret = /secret key {7}(sk_test_[a-z0-9]{40})$/m.exec(said)?.[1] ?? ''
  expect(said).toMatch(/PORT: the port \d+ of 127\.0\.0\.1 is in use/)
  const env = { HEDGE_API_KEY: undefined, HEDGE_API_SECRET: undefined }
  const server = await startServer({ databaseUrl: database.url, env })
  expect(server.output()).not.toMatch(/sk_test_/)
  expect((await apiClient(server.url, secret)('GET', '/v1/payments')).status).toBe(200)
  await server.stop()
  await database.drop()
})

const badSettings: readonly [name: string, env: Record<string, string>, message: RegExp][] = [
  [
    'a wrong port',
    { DATABASE_URL: 'postgres://hedge:topsecret@127.0.0.1:1/hedge' },
    /ECONNREFUSED/,
  ],
  [
    'a port that is not a number',
    { DATABASE_URL: 'postgres://hedge:topsecret@127.0.0.1:x/hedge' },
    /DATABASE_URL/,
  ],
  ['no address', { DATABASE_URL: 'topsecret' }, /DATABASE_URL/],
  ['an empty address', { DATABASE_URL: '' }, /DATABASE_URL: expected a value/],
  ['an address of spaces', { DATABASE_URL: '  ' }, /DATABASE_URL: expected a value/],
  [
    'an unknown host',
    { DATABASE_URL: 'postgres://a:topsecret@nowhere.invalid/hedge' },
    /nowhere|EAI_AGAIN/,
  ],
  [
    'a password that is not percent-encoded',
    { DATABASE_URL: 'postgres://hedge:a@topsecret/b@127.0.0.1/hedge' },
    /DATABASE_URL: .*%2F/,
  ],
  ['a port that does not exist', { PORT: '99999' }, /PORT: .*0 to 65535, got "99999"/],
  ['a folder that is a file', { HEDGE_DATA_DIR: import.meta.filename }, /HEDGE_DATA_DIR: /],
  [
    'a folder that the system does not allow',
    { HEDGE_DATA_DIR: '/proc/hedge' },
    /HEDGE_DATA_DIR: /,
  ],
  ['a word instead of a number', { HEDGE_FEE_FIXED: 'x' }, /HEDGE_FEE_FIXED: expected .*, got "x"/],
  ['a short key', { HEDGE_ENCRYPTION_KEY: 'topsecret' }, /HEDGE_ENCRYPTION_KEY: .*32.*, got 9/],
  [
    'an encryption key that can be guessed',
    { HEDGE_ENCRYPTION_KEY: 'topsecret'.repeat(8) },
    /HEDGE_ENCRYPTION_KEY: .*random.*, got 72 that can be guessed/,
  ],
  ['a live key as the first key', { HEDGE_API_SECRET: 'sk_live_topsecret' }, /HEDGE_API_SECRET/],
  [
    'a secret key that can be guessed',
    { HEDGE_API_SECRET: 'sk_test_topsecret' },
    /HEDGE_API_SECRET: .*22 random letters and digits.*, got 9 characters that can be guessed/,
  ],
  [
    'a secret key with repetitions',
    { HEDGE_API_SECRET: `sk_test_${'topsecret'.repeat(8)}` },
    /HEDGE_API_SECRET: .*can be guessed/,
  ],
  ['a key with another prefix', { HEDGE_API_SECRET: 'topsecret' }, /HEDGE_API_SECRET: .*sk_test_/],
  [
    'a secret key as the publishable key',
    { HEDGE_API_KEY: 'sk_test_topsecret' },
    /HEDGE_API_KEY: .*pk_/,
  ],
]

/** These settings look right. They fail when the server uses them. */
const foundAtUse = [
  'a wrong port',
  'an unknown host',
  'a folder that is a file',
  'a folder that the system does not allow',
]

test.each(
  badSettings.filter(([name], n) => isLongRun || n % 9 === 0 || name === 'an empty address'),
)(
  'a start with %s fails with a message that names the setting, without secrets',
  async (name, env, message) => {
    const { said, code } = await startAndFail(env)
    expect(code).toBe(foundAtUse.includes(name) ? 1 : 2)
    expect(said).toMatch(message)
    expect(said.trimEnd().split('\n').at(-1)).toMatch(/^Hedge Payments could not start\. /)
    expect(said).not.toContain('topsecret')
    expect(said, 'an error of the settings has no stack').not.toContain('    at ')
  },
)

test('a start with a port in use or a foreign address prints only an error that names it', async () => {
  const database = await createMigratedDatabase()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const env = {
    DATABASE_URL: database.url,
    HEDGE_API_KEY: firstKeys.publishableKey,
    HEDGE_API_SECRET: firstKeys.secretKey,
  }
  const { said, code } = await startAndFail({ ...env, PORT: String(port) })
  taken.close()
  expect(code).toBe(1)
  expect(said.trim()).toMatch(
    new RegExp(`^Hedge Payments could not start\\. PORT: the port ${port} .* is in use.*$`),
  )
  const elsewhere = await startAndFail({ ...env, HOST: '192.0.2.1' })
  expect(elsewhere.said.trim()).toMatch(/^Hedge.*\. HOST: expected .*, got "192\.0\.2\.1" .*$/)
  await database.drop()
})

test('a start with a database that does not exist fails with its name, without the password', async () => {
  const url = new URL(inject('postgresAdminUrl'))
  url.pathname = '/not_there'
  const { said, code } = await startAndFail({ DATABASE_URL: url.href })
  expect(code).toBe(1)
  expect(said).toContain('database "not_there" does not exist')
  if (url.password) expect(said).not.toContain(url.password)
})
