import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'

const publishable = { HEDGE_STRIPE_PUBLISHABLE_KEY: 'pk_test_1' }

test('a publishable key of Stripe is accepted with a secret key of its mode', () => {
  const { stripe } = parseConfig({ ...publishable, HEDGE_STRIPE_SECRET_KEY: 'rk_test_1' })
  expect(stripe).toMatchObject({ secretKey: 'rk_test_1', publishableKey: 'pk_test_1' })
  expect(parseConfig({}).stripe.publishableKey).toBeNull()
})

test.each([
  [{}, 'no secret key'],
  [{ HEDGE_STRIPE_SECRET_KEY: 'sk_live_1' }, 'a secret key of the other mode'],
])('a publishable key of Stripe is refused with %j', (secret, got) => {
  expect(() => parseConfig({ ...publishable, ...secret })).toThrow(
    `HEDGE_STRIPE_PUBLISHABLE_KEY: expected the mode of HEDGE_STRIPE_SECRET_KEY, got ${got}.`,
  )
})
