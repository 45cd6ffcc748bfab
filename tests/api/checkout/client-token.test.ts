import { beforeAll, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let url: string

beforeAll(() => {
  api = fixture.api
  url = fixture.servers[0]?.url ?? ''
})

const create = (by: Api, paymentId: string) =>
  by('POST', '/v1/auth/client-token', { body: { payment_id: paymentId } })

test('a client token reads its payment on every process, and nothing else', async () => {
  const [payment, other] = [await createPayment(api), await createPayment(api)]
  const { status, body } = await create(api, payment.id)
  expect(status).toBe(201)
  expect(body).toMatchObject({ object: 'client_token', livemode: false, payment_id: payment.id })
  for (const server of fixture.servers) {
    const browser = apiClient(server.url, body.token)
    expect((await browser('GET', `/v1/payments/${payment.id}`)).body).toEqual(payment)
    for (const [method, path] of [
      ['GET', `/v1/payments/${other.id}`],
      ['GET', '/v1/payments'],
      ['POST', `/v1/payments/${payment.id}/cancel`],
      ['GET', `/v1/payments/${payment.id}/events`],
      ['GET', '/v1/auth/api-keys'],
      ['POST', '/v1/auth/client-token'],
    ] as const) {
      expect((await browser(method, path)).status, `${method} ${path}`).toBe(403)
    }
  }
})

test('a client token for a payment of another merchant is refused', async () => {
  expect((await create(api, 'pay_0')).status).toBe(404)
})

test('a changed token, or a token signed with another key, gets 401', async () => {
  const payment = await createPayment(api)
  const { token } = (await create(api, payment.id)).body
  const [header, claims, signature] = token.split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const wanted = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const later = Buffer.from(JSON.stringify({ ...wanted, exp: wanted.exp + 1 })).toString(
    'base64url',
  )
  for (const forged of [
    `${header}.${later}.${signature}`,
    `${none}.${claims}.${signature}`,
    `${header}.${claims}.${signature.split('').reverse().join('')}`,
  ]) {
    const { status } = await apiClient(url, forged)('GET', `/v1/payments/${payment.id}`)
    expect(status).toBe(401)
  }
  const lifetime = wanted.exp - wanted.iat
  expect(lifetime).toBe(901)
})

test('a client token ends with the key that created it', async () => {
  const payment = await createPayment(api)
  const made = await api('POST', '/v1/auth/api-keys', { body: {} })
  const { token } = (await create(apiClient(url, made.body.secret_key), payment.id)).body
  const browser = apiClient(url, token)
  expect((await browser('GET', `/v1/payments/${payment.id}`)).status).toBe(200)
  await api('DELETE', `/v1/auth/api-keys/${made.body.id}`)
  await until('the token has ended', async () => {
    return (await browser('GET', `/v1/payments/${payment.id}`)).status === 401
  })
})

test('a page of the merchant on another origin can use a client token', async () => {
  const payment = await createPayment(api)
  const { token } = (await create(api, payment.id)).body
  const path = `${url}/v1/payments/${payment.id}`
  const origin = 'https://shop.example'
  const preflight = await fetch(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization')
  const read = await fetch(path, { headers: { origin, authorization: `Bearer ${token}` } })
  expect(read.headers.get('access-control-allow-origin')).toBe('*')
  const byKey = await fetch(path, {
    headers: { origin, authorization: `Bearer ${fixture.servers[0]?.secretKey}` },
  })
  expect(byKey.headers.get('access-control-allow-origin')).toBeNull()
})

test('the database has exactly one signing key', async () => {
  expect(await fixture.sql.query('select from signing_keys')).toHaveLength(1)
})
