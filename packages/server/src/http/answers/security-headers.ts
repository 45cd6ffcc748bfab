/**
 * What every answer says to browsers, JSON and errors included; pages say more where they need it.
 * Nothing of an answer is run, framed, guessed at, kept or told to other sites: it may hold a
 * secret that is shown once, or a customer's address.
 */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** Where customers come by https: a year in which their browsers do not even try without. */
export const strictTransport = { 'strict-transport-security': 'max-age=31536000' } as const
