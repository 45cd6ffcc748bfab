import { isLiveStripeKey } from '../../processors/stripe-keys.ts'
import type { Config } from '../../wiring/config.ts'
import { type Check, fail, ok, type Problem, warn } from '../engine/check.ts'

const name = 'stripe'

/** Checks that the server's own account at Stripe takes real payments. */
export function checkStripe(stripe: Config['stripe']): Check[] {
  const { secretKey, webhookSecret, publishableKey, apiBase } = stripe
  if (secretKey === null) {
    return [
      warn(name, {
        found:
          'HEDGE_STRIPE_SECRET_KEY is not set: only merchants with their own key take payments',
        expected: 'a live key of Stripe, here or for each merchant',
        action: 'set HEDGE_STRIPE_SECRET_KEY, or run hedge processors set for each merchant',
      }),
    ]
  }
  const problems: Problem[] = []
  if (!isLiveStripeKey(secretKey)) {
    problems.push({
      found: "HEDGE_STRIPE_SECRET_KEY is a key of Stripe's test mode",
      expected: 'a key that begins with sk_live_ or rk_live_',
      action: 'set HEDGE_STRIPE_SECRET_KEY to a live key',
    })
  }
  if (apiBase !== null && apiBase !== 'https://api.stripe.com') {
    problems.push({
      found: 'HEDGE_STRIPE_API_BASE names another server',
      expected: "Stripe's own address",
      action: 'unset HEDGE_STRIPE_API_BASE',
    })
  }
  if (webhookSecret === null) {
    problems.push({
      found: 'HEDGE_STRIPE_WEBHOOK_SECRET is not set: disputes and returns are seen hours later',
      expected: "the secret of your endpoint in Stripe's dashboard",
      action: 'set HEDGE_STRIPE_WEBHOOK_SECRET',
    })
  }
  if (problems.length > 0) return problems.map((problem) => fail(name, problem))
  if (publishableKey === null) {
    return [
      warn(name, {
        found: 'HEDGE_STRIPE_PUBLISHABLE_KEY is not set: the hosted page takes no payments',
        expected: 'the publishable key of the same account',
        action: 'set HEDGE_STRIPE_PUBLISHABLE_KEY, unless you use pages of your own',
      }),
    ]
  }
  return [ok(name, 'live keys and the secret of webhooks are set')]
}
