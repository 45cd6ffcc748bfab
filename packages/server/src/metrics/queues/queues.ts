import { Gauge } from 'prom-client'
import type { Db } from '../../database/connect.ts'
import { toTimestamp } from '../../domain/time.ts'
import { countDueTasks, oldestOpenSeconds } from '../../payments/read/open-payments.sql.ts'
import { registry } from '../registry.ts'
import {
  measureCancellations,
  measureDeliveries,
  measureRelay,
  oldestDueTaskSeconds,
} from './queues.sql.ts'

const registers = [registry]

const up = new Gauge({
  name: 'hedge_queues_up',
  help: 'Whether the queues in the database could be looked at: 1 or 0.',
  registers,
})
const oldestOpen = new Gauge({
  name: 'hedge_oldest_open_payment_age_seconds',
  help: 'Age of the oldest payment that is processing, or initiated beyond its undo window.',
  labelNames: ['status'],
  registers,
})
const dueTasks = new Gauge({
  name: 'hedge_due_tasks',
  help: 'Tasks of payments that are due, by kind.',
  labelNames: ['kind'],
  registers,
})
const oldestTask = new Gauge({
  name: 'hedge_oldest_due_task_age_seconds',
  help: 'For how long the task of a payment that was due first has been due.',
  registers,
})
const deliveries = new Gauge({
  name: 'hedge_webhook_deliveries',
  help: 'Deliveries of events that are due, or wait for their next attempt; at most 50,000.',
  labelNames: ['state'],
  registers,
})
const oldestDelivery = new Gauge({
  name: 'hedge_oldest_due_webhook_age_seconds',
  help: 'For how long the delivery that was due first has been due.',
  registers,
})
const relayLag = new Gauge({
  name: 'hedge_relay_lag_events',
  help: 'Events that have not been turned into deliveries yet; at most 50,000.',
  registers,
})
const oldestUnrelayed = new Gauge({
  name: 'hedge_relay_lag_seconds',
  help: 'Age of the oldest event that has not been turned into deliveries yet.',
  registers,
})
const cancellations = new Gauge({
  name: 'hedge_bulk_cancellations_open',
  help: 'Bulk cancellations that are not done.',
  registers,
})
const oldestCancellation = new Gauge({
  name: 'hedge_oldest_bulk_cancellation_age_seconds',
  help: 'Age of the oldest bulk cancellation that is not done.',
  registers,
})

const measuredAt = new Gauge({
  name: 'hedge_queues_measured_timestamp_seconds',
  help: 'When the queues were looked at, in Unix seconds: what is shown of them is as old as that.',
  registers,
})

/** What is in the database is the same for a second, however often and by whom it is scraped. */
const keptMs = 1_000
/** A scrape does not wait longer for a busy database: it shows what was known. */
const waitMs = 2_000

/** The queues, looked at no more often than once a second, and once at a time. */
export class Queues {
  readonly #db: Db
  #measured = Number.NEGATIVE_INFINITY
  #running: Promise<void> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  /** Brings the gauges up to date, as far as the database answers. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#measured < keptMs) return
    this.#running ??= this.#measure().finally(() => {
      this.#running = null
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        up.set(0)
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
      // One after the other: a scrape takes one connection of twenty, and not five.
      setAll(oldestOpen, 'status', await oldestOpenSeconds(db, now))
      setAll(dueTasks, 'kind', await countDueTasks(db, now))
      oldestTask.set(await oldestDueTaskSeconds(db))
      const { due, later } = await measureDeliveries(db)
      deliveries.set({ state: 'due' }, due.count)
      deliveries.set({ state: 'later' }, later.count)
      oldestDelivery.set(due.oldestSeconds)
      const relay = await measureRelay(db)
      relayLag.set(relay.count)
      oldestUnrelayed.set(relay.oldestSeconds)
      const bulk = await measureCancellations(db)
      cancellations.set(bulk.count)
      oldestCancellation.set(bulk.oldestSeconds)
      up.set(1)
      measuredAt.set(startedMs / 1000)
      this.#measured = performance.now()
    } catch {
      // What was known is out of date and says so; the process's own numbers are as good as ever.
      up.set(0)
    }
  }
}

function setAll(gauge: Gauge, label: string, values: ReadonlyMap<string, number>): void {
  gauge.reset()
  for (const [value, number] of values) gauge.set({ [label]: value }, number)
}
