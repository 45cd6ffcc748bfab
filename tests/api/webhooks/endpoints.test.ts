import { beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../support/http/api.ts'
import { startReceiver } from '../../support/http/receiver.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant, createMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let live: Api
const base = '/v1/webhooks/endpoints'

beforeAll(async () => {
  api = fixture.api
  live = (await createLiveMerchant(fixture)).live
})

describe('an endpoint', () => {
  test('shows its secret once, and the database does not contain it in plain text', async () => {
    const { status, body } = await api('POST', base, {
      body: { url: 'https://example.com/hook', description: 'My shop' },
    })
    expect(status).toBe(201)
    expect(Buffer.from(body.secret.slice('whsec_'.length), 'base64').length).toBe(33)
    const { secret, ...rest } = body
    expect((await api('GET', `${base}/${body.id}`)).body).toEqual(rest)
    expect((await api('GET', base)).body.data).toEqual([rest])
    const rows = await fixture.sql.query('select secret from webhook_endpoints where id = $1', [
      body.id,
    ])
    expect(rows[0].secret).not.toContain(secret.slice('whsec_'.length))
    await api('DELETE', `${base}/${body.id}`)
    expect((await api('GET', `${base}/${body.id}`)).status).toBe(404)
    expect((await api('GET', base)).body.data).toEqual([])
  })

  test('belongs to one merchant and mode', async () => {
    const { body } = await api('POST', base, { body: { url: 'https://example.com/hook' } })
    expect((await live('GET', `${base}/${body.id}`)).status).toBe(404)
    expect((await live('PATCH', `${base}/${body.id}`, { body: { enabled: false } })).status).toBe(
      404,
    )
    expect((await live('DELETE', `${base}/${body.id}`)).status).toBe(404)
    await api('DELETE', `${base}/${body.id}`)
  })

  test('is one of at most sixteen', async () => {
    const url = 'https://example.com/hook'
    const made = await Promise.all(
      Array.from({ length: 20 }, () => api('POST', base, { body: { url } })),
    )
    const accepted = made.filter(({ status }) => status === 201)
    expect(accepted.length).toBe(16)
    expect(made.find(({ status }) => status === 400)?.body.error.message).toContain('at most 16')
    for (const { body } of accepted) await api('DELETE', `${base}/${body.id}`)
  })

  test.each([
    'http://example.com/hook',
    'https://127.0.0.1/hook',
    'https://[::1]/hook',
    'https://2130706433/hook',
    'https://0x7f.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/hook',
    'https://me:secret@example.com/hook',
  ])('in live mode cannot be %s', async (url) => {
    const { status, body } = await live('POST', base, { body: { url } })
    expect(status).toBe(400)
    expect(body.error.details.field).toBe('url')
  })

  test('in test mode cannot be cloud metadata, and cannot mix all events with single types', async () => {
    const metadata = { url: 'http://169.254.169.254/latest/meta-data' }
    expect((await api('POST', base, { body: metadata })).status).toBe(400)
    const events = ['*', 'payment.created']
    const mixed = await api('POST', base, { body: { url: 'https://example.com/', events } })
    expect(mixed.body.error.details.field).toBe('events')
  })

  test('keeps its old secret until a real time, although the test clock is ahead', async () => {
    const { test: own } = await createMerchant(fixture)
    const { body: endpoint } = await own('POST', base, { body: { url: 'http://127.0.0.1:1/' } })
    const days = 10
    await own('POST', '/v1/test/clock/advance', { body: { seconds: days * 86_400 } })
    const rotate = { body: { rotate_secret: true } }
    const { body } = await own('PATCH', `${base}/${endpoint.id}`, rotate)
    const secondsLeft = (Date.parse(body.old_secret_expires_at) - Date.now()) / 1000
    expect(Math.round(secondsLeft / 86_400)).toBe(1)
  })

  test('that has failed for days is disabled by its next failure', async () => {
    const receiver = await startReceiver()
    receiver.answer(() => 500)
    const { body } = await api('POST', base, { body: { url: receiver.url } })
    try {
      await fixture.sql.query(
        `update webhook_endpoints set failing_since = now() - interval '25 hours' where id = $1`,
        [body.id],
      )
      await api('POST', '/v1/webhooks/test')
      const disabled = await until('it is disabled', async () => {
        const now = await api('GET', `${base}/${body.id}`)
        return now.body.enabled ? null : now.body
      })
      expect(disabled.disabled_reason).toBe('failing')
      const event = await until('there is an event of it', async () => {
        const { body: events } = await api('GET', '/v1/events?type=webhook_endpoint.disabled')
        return events.data[0]
      })
      expect(event).toMatchObject({ reason: 'failing', data: { id: body.id } })
      const enabled = await api('PATCH', `${base}/${body.id}`, { body: { enabled: true } })
      expect(enabled.body).toMatchObject({ disabled_reason: null, failing_since: null })
    } finally {
      await api('DELETE', `${base}/${body.id}`)
      await receiver.close()
    }
  })
})

test('live mode refuses test events, which receivers would mistake for real events', async () => {
  expect((await live('POST', '/v1/webhooks/test')).status).toBe(400)
})
