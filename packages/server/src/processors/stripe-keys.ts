/** Stripe's secret and restricted keys. The second group is the mode. */
export const stripeKeyShape = /^(sk|rk)_(test|live)_[A-Za-z0-9_]{1,200}$/

/** Stripe's publishable keys. The first group is the mode. */
export const stripePublishableShape = /^pk_(test|live)_[A-Za-z0-9_]{1,200}$/

/** Stripe's secret of a webhook endpoint. */
export const stripeWebhookShape = /^whsec_[A-Za-z0-9_+/=]{1,200}$/

/** Whether a publishable key is of a mode: browsers must not pay live at an account of test mode. */
export function isPublishableKeyOfMode(key: string, livemode: boolean): boolean {
  return stripePublishableShape.exec(key)?.[1] === (livemode ? 'live' : 'test')
}

/** Whether a key is a live key, which moves real money. */
export function isLiveStripeKey(key: string): boolean {
  return stripeKeyShape.exec(key)?.[2] === 'live'
}
