/** Other sites whose parts a page may load. Default: none. */
interface Sources {
  readonly scripts?: string
  readonly frames?: string
  readonly requests?: string
}

/** Everything from this server, and what `sources` says. Nothing inline. */
function policyWith({ scripts = '', frames, requests = '' }: Sources): string {
  return [
    "default-src 'none'",
    `script-src 'self'${scripts}`,
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self'${requests}`,
    ...(frames === undefined ? [] : [`frame-src${frames}`]),
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Headers of the page, its files and its API. */
export const pageHeaders = {
  'content-security-policy': policyWith({}),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=()',
  // The link permits paying: no other site may see it.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** Stripe's script and the frames of its fields, which the script loads from subdomains too. */
const stripeJs = ' https://js.stripe.com https://*.js.stripe.com'

/**
 * Headers of a page with fields of Stripe. Its parts come from Stripe's own addresses, as Stripe demands.
 * 3-D Secure needs no frame, because the customer goes to the page of the bank and returns. The windows
 * of wallets, which Stripe's frames open, must be able to answer. Source:
 * https://docs.stripe.com/security/guide, "Content security policy".
 */
export const stripePageHeaders = {
  ...pageHeaders,
  'content-security-policy': policyWith({
    scripts: stripeJs,
    frames: stripeJs,
    requests: ' https://api.stripe.com',
  }),
  'cross-origin-opener-policy': 'same-origin-allow-popups',
} as const

/**
 * Headers of a page that also offers bank debits. Stripe shows the customer's bank in a frame of its
 * script, so the policy is the same. Banks open a window for the sign-in, and demand to know the site
 * that opened it: they get the origin, and never the link. Source:
 * https://docs.stripe.com/financial-connections/deployment-checklist.
 */
export const bankPageHeaders = {
  ...stripePageHeaders,
  'referrer-policy': 'strict-origin',
} as const
