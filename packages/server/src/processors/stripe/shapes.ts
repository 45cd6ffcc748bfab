/** Secret and restricted keys of Stripe's, and the mode they name. */
export const stripeKeyShape = /^(sk|rk)_(test|live)_[A-Za-z0-9_]{1,200}$/

/** The secret of an endpoint for messages at Stripe. */
export const stripeWebhookShape = /^whsec_[A-Za-z0-9_+/=]{1,200}$/

/** Whether a key moves real money. */
export function isLiveStripeKey(key: string): boolean {
  return stripeKeyShape.exec(key)?.[2] === 'live'
}
