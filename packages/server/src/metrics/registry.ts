import { Counter, Registry } from 'prom-client'

/** What this process counts. Scraped at `/metrics`; processes are summed by whoever scrapes. */
export const registry = new Registry()

const registers = [registry]

/** Captures that came after the cancel and were given back. */
export const lateCaptures = new Counter({
  name: 'hedge_late_captures_total',
  help: 'Payments whose money was taken after their cancel, and went back by itself.',
  registers,
})

/** Attempts to deliver an event to an endpoint. */
export const webhookAttempts = new Counter({
  name: 'hedge_webhook_attempts_total',
  help: 'Attempts to deliver an event to an endpoint, by what came of them.',
  labelNames: ['result'],
  registers,
})
