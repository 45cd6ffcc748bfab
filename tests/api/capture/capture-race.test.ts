import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { size } from '../../support/size.ts'
import { capture, createAuthorized } from './authorized.ts'

const fixture = withMerchant()
const rounds = size({ quick: 10, all: 60 })
/** Rounds until both have won once. One of them is usually faster. */
const roundsMax = 300

const apiOf = (n: number) => fixture.apis[n % fixture.apis.length] as Api

test('of captures and cancels at the same time, on two servers, exactly one wins', async () => {
  const winners = { captured: 0, canceled: 0 }
  const isShown = () => winners.captured > 0 && winners.canceled > 0
  for (let n = 0; n < rounds || (n < roundsMax && !isShown()); n++) {
    const { id } = await createAuthorized(fixture.api)
    const ask = [
      () => capture(apiOf(n), id),
      () => apiOf(n + 1)('POST', `/v1/payments/${id}/cancel`),
      () => capture(apiOf(n + 1), id, { amount: 100 + n }),
      () => apiOf(n)('POST', `/v1/payments/${id}/cancel`),
    ]
    // Each of the four is the first to be sent in a quarter of the rounds.
    const order = [...ask.slice(n % 4), ...ask.slice(0, n % 4)]
    // The later requests are sent some turns later, so that each has a chance.
    const answers = await Promise.all(
      order.map(async (one, place) => {
        for (let turns = 0; turns < place * (n % 16); turns++) await turn()
        return await one()
      }),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
    const won = answers.find(({ status }) => status === 200)
    const isCaptured = won?.body.status === 'processing'
    winners[isCaptured ? 'captured' : 'canceled'] += 1
    for (const { body } of answers.filter(({ status }) => status === 412)) {
      expect(['payment_not_capturable', 'payment_not_cancelable']).toContain(body.error.code)
      const seen = isCaptured ? ['processing', 'succeeded'] : ['canceled']
      expect(seen).toContain(body.error.details.current_status)
    }
    await untilStatus(fixture.api, id, isCaptured ? 'succeeded' : 'canceled')
    const moved = await movements(fixture.sql, id)
    expect(moved.filter((kind) => kind === 'capture')).toHaveLength(isCaptured ? 1 : 0)
  }
  expect(isShown(), JSON.stringify(winners)).toBe(true)
})

test('of many captures of different parts, at the same time, one takes its part', async () => {
  const { id } = await createAuthorized(fixture.api)
  const parts = Array.from({ length: 8 }, (_, n) => 1_000 + n)
  const answers = await Promise.all(parts.map((amount, n) => capture(apiOf(n), id, { amount })))
  const won = answers.findIndex(({ status }) => status === 200)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  const paid = await untilStatus(fixture.api, id, 'succeeded')
  expect(paid.captured_amount).toBe(parts[won])
})

test('of a capture and the end of the undo window, the money is taken once', async () => {
  const ids = await Promise.all(
    Array.from({ length: rounds }, async () => {
      const body = { cancel_window: 1, initiate: true, payment_method_token: 'tok_visa' }
      return (await createPayment(fixture.api, body)).id as string
    }),
  )
  await Promise.all(ids.map((id, n) => capture(apiOf(n), id)))
  for (const id of ids) {
    await untilStatus(fixture.api, id, 'succeeded')
    const types = await eventTypes(fixture.api, id)
    expect(types.filter((type) => type === 'payment.processing')).toHaveLength(1)
    expect(await movements(fixture.sql, id)).toEqual(['authorize', 'capture'])
  }
})
