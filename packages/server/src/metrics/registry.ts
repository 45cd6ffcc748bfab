import { Counter, Registry } from 'prom-client'

/** The metrics of this process, for `/metrics`. Prometheus adds up those of all processes. */
export const registry = new Registry()

const registers = [registry]

/** Captures of canceled payments. */
export const lateCaptures = new Counter({
  name: 'hedge_late_captures_total',
  help: 'Payments that were captured after their cancel, and refunded automatically.',
  registers,
})

/** Attempts to deliver an event to a webhook endpoint. */
export const webhookAttempts = new Counter({
  name: 'hedge_webhook_attempts_total',
  help: 'Attempts to deliver an event to a webhook endpoint, by result.',
  labelNames: ['result'],
  registers,
})
