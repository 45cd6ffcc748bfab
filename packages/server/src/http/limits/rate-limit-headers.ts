import type { FastifyReply } from 'fastify'
import { type Refusal, refuse } from '../answers/refusal.ts'
import type { RateLimit } from './rate-limit.ts'

/** Sets the X-RateLimit headers of an answer. */
export function setRateLimit(reply: FastifyReply, rate: RateLimit): void {
  reply.header('x-ratelimit-limit', rate.limit)
  reply.header('x-ratelimit-remaining', rate.remaining)
  reply.header('x-ratelimit-reset', rate.reset)
}

/** The 429 of a caller above its limit, with the seconds until the next window. */
export function refuseTooMany(rate: RateLimit, nowMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(rate.reset - nowMs / 1000))
  const refusal = refuse('rate_limit_exceeded', `Too many requests: ${rate.limit} a minute.`, {
    retry_after: seconds,
  })
  return { ...refusal, headers: { 'retry-after': String(seconds) } }
}
