import { Gauge } from 'prom-client'
import type { Db } from '../../database/db.ts'
import { toTimestamp } from '../../domain/time.ts'
import { countDueTasks, oldestOpenSeconds } from '../../payments/read/open-payments.sql.ts'
import { type AttentionCount, countAttention } from '../../payments/view/attention.sql.ts'
import { registry } from '../registry.ts'
import {
  measureCancellations,
  measureDeliveries,
  measureRelay,
  measureSeals,
  measureSearches,
  oldestDueTaskSeconds,
} from './queues.sql.ts'

const registers = [registry]

const success = new Gauge({
  name: 'hedge_queue_measurement_success',
  help: 'Whether the last measurement of the queues in the database succeeded: 1 or 0.',
  registers,
})
const measuredAt = new Gauge({
  name: 'hedge_queue_measurement_timestamp_seconds',
  help: 'Unix time of the last successful measurement of the queues.',
  registers,
})
const oldestOpen = new Gauge({
  name: 'hedge_open_payment_oldest_age_seconds',
  help: 'Age of the oldest payment that is processing, or initiated beyond its undo window.',
  labelNames: ['status'],
  registers,
})
const dueTasks = new Gauge({
  name: 'hedge_payment_tasks_due',
  help: 'Due tasks of payments, by kind.',
  labelNames: ['kind'],
  registers,
})
const oldestTask = new Gauge({
  name: 'hedge_payment_task_oldest_due_age_seconds',
  help: 'How long the oldest due task of a payment has been due.',
  registers,
})
const deliveries = new Gauge({
  name: 'hedge_webhook_deliveries_pending',
  help: 'Pending webhook deliveries: due now, or scheduled for a later attempt; at most 50,000.',
  labelNames: ['state'],
  registers,
})
const oldestDelivery = new Gauge({
  name: 'hedge_webhook_delivery_oldest_due_age_seconds',
  help: 'How long the oldest due webhook delivery has been due.',
  registers,
})
const relayBacklog = new Gauge({
  name: 'hedge_event_relay_backlog',
  help: 'Events without webhook deliveries yet; at most 50,000.',
  registers,
})
const relayLag = new Gauge({
  name: 'hedge_event_relay_lag_seconds',
  help: 'Age of the oldest event without webhook deliveries.',
  registers,
})
const sealBacklog = new Gauge({
  name: 'hedge_seal_backlog',
  help: 'Events without a seal yet; at most 50,000.',
  registers,
})
const sealLag = new Gauge({
  name: 'hedge_seal_lag_seconds',
  help: 'Age of the oldest event without a seal.',
  registers,
})
const cancellations = new Gauge({
  name: 'hedge_bulk_cancellations_open',
  help: 'Bulk cancellations that are not finished.',
  registers,
})
const oldestCancellation = new Gauge({
  name: 'hedge_bulk_cancellation_oldest_age_seconds',
  help: 'Age of the oldest bulk cancellation that is not finished.',
  registers,
})
const searches = new Gauge({
  name: 'hedge_processor_search_lag_seconds',
  help: 'Age of the latest time before which a search at the processor has found everything, by subject.',
  labelNames: ['subject'],
  registers,
})

const attention = new Gauge({
  name: 'hedge_payments_need_attention',
  help: 'Payments that wait for an operator, by reason and mode; at most 50,000.',
  labelNames: ['reason', 'livemode'],
  registers,
})
const oldestAttention = new Gauge({
  name: 'hedge_payment_attention_oldest_age_seconds',
  help: 'For how long the first of these payments has waited, by reason and mode.',
  labelNames: ['reason', 'livemode'],
  registers,
})

/** Measurements are cached for a second, so frequent scrapes do not load the database. */
const cacheMs = 1_000
/** A scrape waits this long for a busy database, and then shows the previous values. */
const waitMs = 2_000

/** Measures the queues in the database: at most once a second, one measurement at a time. */
export class Queues {
  readonly #db: Db
  #measured = Number.NEGATIVE_INFINITY
  #running: Promise<void> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  /** Updates the gauges, unless the database does not answer in time. Never throws. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#measured < cacheMs) return
    this.#running ??= this.#measure().finally(() => {
      this.#running = null
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        success.set(0)
        resolve()
      }, waitMs)
    })
    await Promise.race([this.#running, late])
    clearTimeout(timer)
  }

  async #measure(): Promise<void> {
    const db = this.#db
    const startedMs = Date.now()
    const now = toTimestamp(startedMs)
    try {
      // Sequentially, so that a scrape uses one database connection of twenty.
      setAll(oldestOpen, 'status', await oldestOpenSeconds(db, now))
      setAll(dueTasks, 'kind', await countDueTasks(db, now))
      oldestTask.set(await oldestDueTaskSeconds(db))
      setAttention(await countAttention(db))
      const { due, scheduled } = await measureDeliveries(db)
      deliveries.set({ state: 'due' }, due.count)
      deliveries.set({ state: 'scheduled' }, scheduled)
      oldestDelivery.set(due.oldestSeconds)
      const relay = await measureRelay(db)
      relayBacklog.set(relay.count)
      relayLag.set(relay.oldestSeconds)
      const seals = await measureSeals(db)
      sealBacklog.set(seals.count)
      sealLag.set(seals.oldestSeconds)
      const bulk = await measureCancellations(db)
      cancellations.set(bulk.count)
      oldestCancellation.set(bulk.oldestSeconds)
      setAll(searches, 'subject', await measureSearches(db))
      success.set(1)
      measuredAt.set(startedMs / 1000)
      this.#measured = performance.now()
    } catch {
      // The previous values stay, and this gauge marks them as outdated. Other metrics are unaffected.
      success.set(0)
    }
  }
}

function setAll(gauge: Gauge, label: string, values: ReadonlyMap<string, number>): void {
  gauge.reset()
  for (const [value, number] of values) gauge.set({ [label]: value }, number)
}

function setAttention(counts: readonly AttentionCount[]): void {
  attention.reset()
  oldestAttention.reset()
  for (const { reason, livemode, count, seconds } of counts) {
    const labels = { reason, livemode: String(livemode) }
    attention.set(labels, count)
    oldestAttention.set(labels, seconds)
  }
}
