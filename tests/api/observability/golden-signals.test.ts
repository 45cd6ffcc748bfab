import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { until } from '../../support/until.ts'

let own: OwnApp

beforeAll(async () => {
  own = await startOwnApp({})
})

afterAll(() => own.close())

/** The current samples of `/metrics`, by name with labels. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${own.url}/metrics`)
  expect(response.status).toBe(200)
  const lines = (await response.text()).split('\n').filter((line) => /^\w/.test(line))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

test('if the database does not answer, all other metrics are still reported', async () => {
  const rival = await own.sql.connect()
  try {
    await rival.query('begin')
    await rival.query('lock table payment_tasks in access exclusive mode')
    const measured = await scrape()
    expect(measured.get('hedge_queue_measurement_success')).toBe(0)
    expect(measured.get('process_resident_memory_bytes')).toBeGreaterThan(0)
    expect(measured.get('hedge_http_requests_in_flight{kind="others"}')).toBe(0)
  } finally {
    await rival.query('rollback')
    rival.release()
  }
})

test('requests are timed by operation and class of status, and by no label with unbounded values', async () => {
  // The process may have answered requests of other test files, so only the difference counts.
  const before = await scrape()
  const { id } = await createPayment(own.api)
  await own.api('GET', `/v1/payments/${id}`)
  await own.api('GET', '/v1/payments/pay_of_nobody')
  await own.api('GET', '/v1/no/such/path')
  const measured = await scrape()
  const name = 'hedge_http_request_duration_seconds'
  const added = (key: string) => (measured.get(key) ?? 0) - (before.get(key) ?? 0)
  const countOf = (labels: string) => added(`${name}_count{${labels}}`)
  expect(countOf('operation="createPayment",status="2xx"')).toBe(1)
  expect(countOf('operation="retrievePayment",status="2xx"')).toBe(1)
  expect(countOf('operation="retrievePayment",status="4xx"')).toBe(1)
  expect(countOf('operation="other",status="4xx"')).toBe(1)
  expect(added(`${name}_sum{operation="createPayment",status="2xx"}`)).toBeGreaterThan(0)
  const buckets = [...measured.keys()]
    .filter((key) => key.startsWith(`${name}_bucket{operation="createPayment",status="2xx"`))
    .map(added)
  expect(buckets).toHaveLength(14)
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
  expect(buckets.at(-1)).toBe(1)
  expect([...measured.keys()].filter((key) => /pay_|no\/such/.test(key))).toEqual([])
})

test('the metrics of the queues count the work that waits in the database', async () => {
  // No workers run here, so queued work stays in the queues.
  await createPayment(own.api)
  const bulk = { filter: { customer_email: 'customer@example.com' } }
  expect((await own.api('POST', '/v1/cancellations', { body: bulk })).status).toBeLessThan(300)
  const [{ count }] = await own.sql.query('select count(*)::integer as count from events')
  // The server reads counts from the database once a second at most.
  const measured = await until('the bulk cancellation is seen', async () => {
    const seen = await scrape()
    return seen.get('hedge_bulk_cancellations_open') === 1 && seen
  })
  expect(measured.get('hedge_queue_measurement_success')).toBe(1)
  expect(measured.get('hedge_event_relay_backlog')).toBe(count)
  expect(measured.get('hedge_seal_backlog')).toBe(count)
  expect(measured.get('hedge_webhook_deliveries_pending{state="due"}')).toBe(0)
})
