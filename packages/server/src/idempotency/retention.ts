/** How long the record of an idempotency key is kept at least, in seconds. Source: api.md. */
export const recordSecondsKept = 24 * 3_600
