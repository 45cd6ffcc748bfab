/**
 * Security headers of every answer, also of JSON and errors. Pages replace some of them. Browsers must
 * not run, frame, sniff or cache an answer, or tell other sites about it: it may contain a secret
 * that is shown once, or a customer's address.
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

/** Over https: browsers use https only, for a year. */
export const strictTransport = { 'strict-transport-security': 'max-age=31536000' } as const
