import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { historyKeys, openLargeDatabase } from '../../../bench/history/database.ts'
import {
  isMeasured,
  measure,
  recordStatements,
  type Statement,
} from '../../../bench/history/plans.ts'
import { type ListRequest, listRequests } from '../../../bench/history/requests.ts'
import { apiClient } from '../../support/http/api.ts'
import { limitsNeverReached } from '../../support/servers/own-app.ts'
import { serveApp } from '../../support/servers/serve-app.ts'

// HEDGE_LARGE_FOLDER=/tmp/hedge-large npx vitest run --mode all tests/api/lists/large-history.long.test.ts
//
// Measures every list on a history of HEDGE_LARGE_PAYMENTS, by default ten million payments. The first run
// writes the history, which takes half an hour on an idle machine, and 50 GB; later runs use it again. The
// figures are in `figures.md` of the folder, and those of the last run in docs/scaling.md.

const folder = process.env.HEDGE_LARGE_FOLDER
const payments = Number(process.env.HEDGE_LARGE_PAYMENTS ?? 10_000_000)
/** No statement of a list may take longer. */
const statementMsMax = 100

/** A request, and its slowest statement. */
interface Figure {
  readonly path: string
  readonly ms: number
  readonly rows: number
  /** The time of the whole list as one statement, as it was read before. */
  readonly plainMs: number | null
}

test.skipIf(!folder)(
  'no statement of a list, a balance or a dry run takes 100 ms on a large history',
  async () => {
    const database = await openLargeDatabase({
      folder: folder ?? '',
      payments,
      log: () => undefined,
    })
    const served = await serveApp({
      databaseUrl: database.url,
      keys: historyKeys,
      limits: limitsNeverReached,
    })
    const client = await served.database.pool.connect()
    const api = apiClient(served.url, historyKeys.secretKey, { isChecked: false })
    try {
      const { single, pairs } = listRequests(await findValues(client, database.merchantId))
      const figures: Figure[] = []
      for (const request of single) {
        const plainMs = await timeOfPlain(client, { request, merchantId: database.merchantId })
        figures.push({
          ...(await figureOf(client, request.path, () => api('GET', request.path))),
          plainMs,
        })
      }
      for (const { path } of pairs) {
        figures.push({ ...(await figureOf(client, path, () => api('GET', path))), plainMs: null })
      }
      const balance = `/v1/merchants/${database.merchantId}/balance`
      figures.push({
        ...(await figureOf(client, balance, () => api('GET', balance))),
        plainMs: null,
      })
      for (const filter of [{}, { amount: 9999 }, { metadata: { shop: 'berlin' } }]) {
        const body = { filter, dry_run: true }
        const name = `dry run of ${JSON.stringify(filter)}`
        const run = () => api('POST', '/v1/cancellations', { body })
        figures.push({ ...(await figureOf(client, name, run)), plainMs: null })
      }
      await writeFile(join(folder ?? '', 'figures.md'), render(figures))
      expect(figures.filter(({ ms }) => ms > statementMsMax)).toEqual([])
    } finally {
      client.release()
      await served.close()
      await database.stop()
    }
  },
)

async function findValues(client: pg.ClientBase, merchantId: string) {
  const { rows } = await client.query<{
    end: string
    id: string
    order_id: string
    endpoint_id: string
  }>(
    `select (select max(created_at) from (select created_at from payments where merchant_id = $1
        and not livemode order by id desc limit 1) newest) as end,
      p.id, p.metadata ->> 'order_id' as order_id, (select max(id) from webhook_endpoints) as endpoint_id
     from payments p where merchant_id = $1 and not livemode and metadata ? 'order_id'
       and id > 'pay_' || hedge_time_text(now() - interval '1 year')
     order by id limit 1`,
    [merchantId],
  )
  const [row] = rows
  if (!row) throw new Error('the history has no payment with metadata a year ago')
  const { id: paymentId, order_id: orderId, endpoint_id: endpointId } = row
  return { end: new Date(row.end), paymentId, orderId, endpointId }
}

/** The slowest statement of a request. Each is measured in a second run, so its pages are in memory. */
async function figureOf(
  client: pg.ClientBase,
  path: string,
  run: () => Promise<{ status: number; body: unknown }>,
): Promise<Omit<Figure, 'plainMs'>> {
  const statements = await recordStatements(async () => {
    const { status, body } = await run()
    expect([200, 201], `${path} ${JSON.stringify(body)}`).toContain(status)
  })
  let slowest = { ms: 0, rows: 0 }
  let msMax: number | null = null
  for (const statement of statements) {
    msMax = limitAfter(statement, msMax)
    if (!isMeasured(statement)) continue
    const cost = await costWithin(client, statement, msMax)
    if (cost.ms > slowest.ms) slowest = cost
  }
  return { path, ms: slowest.ms, rows: slowest.rows }
}

/** The time limit of the statements after this one, in milliseconds. `null`: as usual. */
function limitAfter({ text, values }: Statement, before: number | null): number | null {
  if (/^(?:commit|rollback)/i.test(text)) return null
  return text.includes("set_config('statement_timeout'") ? Number(values[0]) || null : before
}

/** The cost of a statement, up to the time limit that the server sets. */
async function costWithin(
  client: pg.ClientBase,
  statement: Statement,
  msMax: number | null,
): Promise<{ ms: number; rows: number }> {
  if (msMax !== null) await client.query(`set statement_timeout = ${msMax}`)
  try {
    return (await measure(client, statement)).cost
  } catch (error) {
    if (msMax === null || (error as { code?: string }).code !== '57014') throw error
    return { ms: msMax, rows: 0 }
  } finally {
    await client.query('reset statement_timeout')
  }
}

/** Statements before this time were read as one, and some of them take a minute. */
const plainMsMax = 10_000

/** The time of a list without bounds and sources: a condition on the table, in the order of the list. */
async function timeOfPlain(
  client: pg.ClientBase,
  { request, merchantId }: { request: ListRequest; merchantId: string },
): Promise<number> {
  const { table, condition, order } = request
  const text = `select * from ${table} where merchant_id = $1 and livemode = false and ${condition}
    order by ${order} desc limit 11`
  await client.query(`set statement_timeout = ${plainMsMax}`)
  try {
    return (await measure(client, { text, values: [merchantId] })).cost.ms
  } catch (error) {
    if ((error as { code?: string }).code === '57014') return plainMsMax
    throw error
  } finally {
    await client.query('reset statement_timeout')
  }
}

function render(figures: readonly Figure[]): string {
  const sorted = figures.toSorted((one, other) => other.ms - one.ms)
  const lines = sorted.map(({ path, ms, rows, plainMs }) => {
    const plain = plainMs === null ? '' : plainMs.toFixed(1)
    return `| \`${decodeURIComponent(path)}\` | ${plain} | ${ms.toFixed(1)} | ${rows} |`
  })
  return [
    '| request | one statement, ms | slowest statement, ms | rows |',
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}
