import { describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import { createLiveMerchant, withServers } from '../../support/servers/servers.ts'

const fixture = withServers(2, { LOG_LEVEL: 'debug' })

/** All rows of all tables, as text. */
async function dump(): Promise<string> {
  const tables = await fixture.sql.query(
    `select tablename from pg_tables where schemaname = 'public'`,
  )
  const texts = []
  for (const { tablename } of tables) {
    const [row] = await fixture.sql.query(
      `select string_agg(t::text, ' ') as text from ${tablename} t`,
    )
    texts.push(row.text ?? '')
  }
  return texts.join('\n')
}

const logs = () => fixture.servers.map((server) => server.log()).join('\n')

test('a new secret is shown once, and replayed to a retry although the database does not contain it', async () => {
  const requests: [path: string, body: object][] = [
    ['/v1/auth/api-keys', { name: 'shown once' }],
    ['/v1/merchants', { name: 'New one' }],
  ]
  for (const [path, body] of requests) {
    const options = { body, idempotencyKey: `for ${path}` }
    const first = await fixture.api('POST', path, options)
    expect(first.status).toBe(201)
    const again = await fixture.apis[1]?.('POST', path, options)
    expect([again?.status, again?.text]).toEqual([201, first.text])
    expect(again?.headers.get('idempotent-replayed')).toBe('true')
    const secrets = first.text.match(/sk_(test|live)_[\w-]{20,}/g) ?? []
    expect(secrets).toHaveLength(1)
    const rows = await dump()
    for (const secret of secrets) {
      expect(rows).not.toContain(secret)
      expect(rows).not.toContain(Buffer.from(secret).toString('hex'))
    }
  }
})

test('a double click selects the whole of every secret that the server creates', async () => {
  const key = await fixture.api('POST', '/v1/auth/api-keys', { body: {} })
  const merchant = await fixture.api('POST', '/v1/merchants', { body: { name: 'Double click' } })
  const base = '/v1/webhooks/endpoints'
  const made = await fixture.api('POST', base, { body: { url: 'https://example.com/hook' } })
  const path = `${base}/${made.body.id}`
  const rotated = await fixture.api('PATCH', path, { body: { rotate_secret: true } })
  const signedIn = await fetch(`${fixture.servers[0]?.url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: key.body.secret_key }),
  })
  const session = signedIn.headers.get('set-cookie')?.match(/^hedge_session=([^;]*)/)?.[1]
  for (const secret of [
    ...[key.body, merchant.body.api_keys[0]].flatMap((pair) => [
      pair.secret_key,
      pair.publishable_key,
    ]),
    ...[made.body.secret, rotated.body.secret, session],
    ...[key.body.id, made.body.id, merchant.body.id],
  ]) {
    // Every terminal and browser treats letters, digits and underscores as one word.
    expect(secret).toMatch(/^\w{24,}$/)
  }
})

test('an older key with other characters is still accepted', async () => {
  const { body } = await fixture.api('POST', '/v1/auth/api-keys', { body: {} })
  const older = 'sk_test_-aB_cD-eF_gH-iJ_kL-mN_oP-qR_sT-uV'
  await fixture.sql.query(
    "update api_keys set secret_hash = sha256(convert_to($1, 'UTF8')) where id = $2",
    [older, body.id],
  )
  const [server] = fixture.servers
  const { status } = await apiClient(server?.url ?? '', older)('GET', '/v1/payments')
  expect(status).toBe(200)
})

test('a secret that is rotated twice with one key is rotated once, and the answer is replayed', async () => {
  const base = '/v1/webhooks/endpoints'
  const made = await fixture.api('POST', base, { body: { url: 'https://example.com/hook' } })
  const path = `${base}/${made.body.id}`
  const options = { body: { rotate_secret: true }, idempotencyKey: 'rotate once' }
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => (fixture.apis[i % 2] as Api)('PATCH', path, options)),
  )
  const [first] = answers
  expect(answers.map((answer) => [answer.status, answer.text])).toEqual(
    Array(6).fill([200, first?.text]),
  )
  expect(first?.body.secret).toMatch(/^whsec_/)
  expect(first?.body.secret).not.toBe(made.body.secret)
  expect(
    answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true'),
  ).toHaveLength(5)
  const [kept] = await fixture.sql.query(
    `select body from idempotency_records where key = 'rotate once'`,
  )
  expect(kept.body).not.toContain('whsec_')

  const other = { body: { enabled: false }, idempotencyKey: 'rotate once' }
  const reused = await fixture.api('PATCH', path, other)
  expect([reused.status, reused.body.error.code]).toEqual([409, 'idempotency_key_reused'])
  const { body } = await fixture.api('PATCH', path, { body: { rotate_secret: true } })
  expect(body.secret).not.toBe(first?.body.secret)
  await fixture.api('DELETE', path)
  expect((await fixture.api('PATCH', path, options)).text, 'also of what is gone').toBe(first?.text)
})

test('a merchant that is changed twice with one key is changed once', async () => {
  const path = `/v1/merchants/${fixture.owner.merchant_id}`
  const options = { body: { name: 'Changed once' }, idempotencyKey: 'change once' }
  const first = await fixture.api('PATCH', path, options)
  await fixture.api('PATCH', path, { body: { name: 'Changed since' } })
  const again = await fixture.api('PATCH', path, options)
  expect([again.status, again.text]).toEqual([200, first.text])
  expect((await fixture.api('GET', path)).body.name).toBe('Changed since')
  const log = await fixture.api('GET', '/v1/audit_log?action=merchant.updated')
  expect(log.body.data).toHaveLength(2)
})

test('another key of the merchant does not get the secret that was shown to the first key', async () => {
  const options = { body: { name: 'mine' }, idempotencyKey: 'of one key' }
  const first = await fixture.api('POST', '/v1/auth/api-keys', options)
  const other = apiClient(fixture.servers[0]?.url ?? '', first.body.secret_key)
  const { status, body } = await other('POST', '/v1/auth/api-keys', options)
  expect([status, body.error.code]).toEqual([409, 'idempotency_key_reused'])
})

test('no list and no read shows a secret', async () => {
  const { text } = await fixture.api('GET', '/v1/auth/api-keys')
  expect(text).not.toContain(fixture.servers[0]?.secretKey)
  expect(text).not.toContain('secret_key')
  expect(text).not.toContain('secret_hash')
})

describe('the log at its most detailed level', () => {
  test('contains no key, no e-mail and nothing of a body, whatever fails', async () => {
    const { liveKey, live } = await createLiveMerchant(fixture)
    const email = 'private.person@example.com'
    const { id } = await createPayment(fixture.api, { customer_email: email })
    await live('POST', '/v1/payments', { body: paymentBody({ customer_email: email }) })
    await fixture.api('POST', '/v1/payments', { rawBody: `{"customer_email": "${email}", ` })
    await fixture.api('GET', `/v1/payments?customer_email=${email}`)
    await apiClient(fixture.servers[0]?.url ?? '', `${liveKey}x`)('GET', '/v1/payments')
    // A statement that PostgreSQL refuses. Its text about the row must not reach the log.
    await fixture.sql.query('alter table payments add constraint never check (amount <> 31337)')
    const failed = await fixture.api('POST', '/v1/payments', {
      body: paymentBody({ amount: 31_337, customer_email: email }),
    })
    expect([failed.status, failed.body.error.code]).toEqual([500, 'internal_error'])
    expect(failed.text).not.toContain('never')
    await fixture.api('POST', `/v1/payments/${id}/cancel`)
    const log = logs()
    expect(log).toContain('a request failed')
    expect(log).toContain(failed.headers.get('x-request-id'))
    expect(log).not.toContain(email)
    expect(log).not.toMatch(/[sp]k_(test|live)_/)
    expect(log).not.toMatch(/authorization/i)
  })
})
