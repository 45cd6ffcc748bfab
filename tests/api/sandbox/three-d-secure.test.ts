import { beforeAll, describe, expect, test } from 'vitest'
import type { Sql } from '../../support/databases/sql.ts'
import type { Api } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import {
  advance,
  answerChallenge,
  attempts,
  initiate,
  movements,
} from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let books: Sql

beforeAll(() => {
  api = fixture.api
  books = fixture.sql
})

describe('3-D Secure', () => {
  test('a payment waits for the confirmation of the customer, and then succeeds', async () => {
    const { status, body } = await initiate(api, '4000 0000 0000 3220')
    expect(status).toBe(200)
    expect(body.status).toBe('pending')
    expect(body.next_action.type).toBe('redirect_to_url')
    const page = await fetch(body.next_action.url)
    expect(page.status).toBe(200)
    const answered = await answerChallenge(body.next_action.url, 'confirm')
    expect(answered.status).toBe(303)
    expect(answered.headers.get('location')).toBe(body.url)
    const done = await untilStatus(api, body.id, 'succeeded')
    expect(done.next_action).toBeNull()
    expect(await eventTypes(api, body.id)).toEqual([
      'payment.created',
      'payment.action_required',
      'payment.initiated',
      'payment.processing',
      'payment.succeeded',
    ])
  })

  test.each(['%00', 'a%00b', 'A', '%F0%9F%92%A9', 'a'.repeat(5_000)])(
    'an unknown link shows a page that says so: %s',
    async (secret) => {
      const path = `${fixture.servers[0]?.url}/sandbox/3d-secure/${secret}`
      const answers = [
        await fetch(path),
        await answerChallenge(path, 'confirm'),
        await answerChallenge(path, 'refuse'),
      ]
      for (const answer of answers) {
        expect(answer.status).toBe(404)
        expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
        expect(await answer.text()).toContain('Challenge not found.')
      }
    },
  )

  test('a payment fails if the customer refuses or fails the challenge', async () => {
    for (const [token, wanted] of [
      ['tok_threeDSecureRequired', 'refuse'],
      ['tok_threeDSecureFails', 'confirm'],
    ] as const) {
      const { body } = await initiate(api, token)
      await answerChallenge(body.next_action.url, wanted)
      const failed = await untilStatus(api, body.id, 'failed')
      expect(failed.failure_code).toBe('authentication_failed')
    }
  })

  test('a second initiate without a token returns the URL for the customer again', async () => {
    const { body } = await initiate(api, 'tok_threeDSecureRequired')
    const again = await api('POST', `/v1/payments/${body.id}/initiate`)
    expect(again.status).toBe(200)
    expect(again.body).toEqual(body)
  })

  test('another token can be used until the customer has confirmed', async () => {
    const { body } = await initiate(api, 'tok_threeDSecureRequired', { cancel_window: 3600 })
    const again = await api('POST', `/v1/payments/${body.id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    expect(again.body.status).toBe('initiated')
    // The page of the first challenge is still open, and no longer decides anything.
    await answerChallenge(body.next_action.url, 'refuse')
    expect((await api('GET', `/v1/payments/${body.id}`)).body.status).toBe('initiated')
  })

  test('a confirmation on an open page after the cancel changes nothing', async () => {
    const { body } = await initiate(api, 'tok_threeDSecureRequired')
    const canceled = await api('POST', `/v1/payments/${body.id}/cancel`)
    expect(canceled.status).toBe(200)
    expect(canceled.body.next_action).toBeNull()
    await answerChallenge(body.next_action.url, 'confirm')
    await until('the void is done', async () => {
      const rows = await books.query(
        `select from payment_tasks where payment_id = $1 and kind = 'void'`,
        [body.id],
      )
      return rows.length === 0
    })
    expect((await api('GET', `/v1/payments/${body.id}`)).body).toEqual(canceled.body)
    expect(await movements(books, body.id)).not.toContain('capture')
  })
})

test('a payment that expires before the confirmation leaves no authorization at the processor', async () => {
  const { body } = await initiate(api, 'tok_threeDSecureRequired')
  expect(body).toMatchObject({ status: 'pending', next_action: { type: 'redirect_to_url' } })
  await advance(api, 3_602)
  const expired = await untilStatus(api, body.id, 'canceled')
  expect(expired.cancellation_reason).toBe('expired')
  await until('it is voided', async () => (await attempts(api, body.id)).includes('void voided'))
  const rows = await books.query('select status from sandbox_payments where payment_id = $1', [
    body.id,
  ])
  expect(rows).toEqual([{ status: 'voided' }])
})
