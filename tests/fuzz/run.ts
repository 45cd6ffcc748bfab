import { plannedFailuresMax } from '@hedgepayments/contract'
import fc from 'fast-check'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { makeLiveKey } from '../support/servers/live-key.ts'
import { size } from '../support/size.ts'
import { auditTables, takeChanges } from './audit.ts'
import { anyCase, type Case } from './cases.ts'
import { exchange, type WireAnswer, type WireRequest } from './exchange.ts'
import { judge } from './judge.ts'
import { Pool } from './pool.ts'
import { type QuietServer, startQuietServer } from './server.ts'

/** Requests between two pauses in which the workers run. */
const roundSize = 400
/** New paid payments of a round. Without them, requests soon find nothing to refund. */
const paidPerRound = size({ quick: 4, all: 16 })
/** Payments at the start of the pool. */
const paymentsAtFirst = size({ quick: 8, all: 20 })
/** Polls of the tables without a change after which the workers count as idle. */
const quietPolls = 6
const pollsMax = size({ quick: 20, all: 40 })
const pollEveryMs = 50

export interface Fuzzer {
  /**
   * Sends `count` requests. The same seed and count give the same requests. Ends early if `stopsAt`
   * matches a deviation.
   */
  readonly run: (options: { seed: number; count: number; stopsAt?: RegExp }) => Promise<Findings>
  readonly server: QuietServer
  readonly close: () => Promise<void>
}

export interface Findings {
  readonly tally: Tally
  /** The deviations, each kind once, with the first request that showed it. */
  readonly deviations: readonly string[]
}

/** Numbers of answers by operation and status: `cancelPayment 412`. */
export type Tally = Record<string, number>

/** Starts a server on a migrated database whose tables record their changes. */
export async function openFuzzer(database: TestDatabase): Promise<Fuzzer> {
  const sql = openSql(database.url)
  const server = await startQuietServer(database.url)
  await auditTables(sql)
  await sql.query('update api_keys set requests_per_minute = 100000000')
  const pool = await fillPool({ sql, server, databaseUrl: database.url })
  await takeChanges(sql)
  return {
    server,
    run: async ({ seed, count, stopsAt }) => {
      const tally: Tally = {}
      const deviations = new Map<string, string>()
      const findings = () => ({ tally, deviations: [...deviations.values()] })
      for (let sent = 0; sent < count; sent += roundSize) {
        await makePaid({ server, pool })
        await letWork(sql, server)
        const numRuns = Math.min(roundSize, count - sent)
        for (const asked of fc.sample(anyCase, { seed: seed + sent, numRuns })) {
          const { status, offences } = await send({ sql, server, pool }, asked)
          const name = `${asked.isOwn ? asked.operation.id : 'elsewhere'} ${status}`
          tally[name] = (tally[name] ?? 0) + 1
          for (const offence of offences) {
            const kind = `${asked.operation.id}: ${offence}`.slice(0, 90)
            if (!deviations.has(kind)) deviations.set(kind, `${offence}\n  ${show(asked)}`)
          }
          if (stopsAt && offences.some((offence) => stopsAt.test(offence))) return findings()
        }
      }
      return findings()
    },
    close: async () => {
      await server.stop()
      await sql.close()
    },
  }
}

interface Means {
  readonly sql: Sql
  readonly server: QuietServer
  readonly pool: Pool
}

async function send({ sql, server, pool }: Means, asked: Case) {
  const answer = await exchange(server.url, resolve(asked, pool))
  const offences = judge(asked, answer, await takeChanges(sql))
  if (answer === null || answer === 'hangs') {
    await letEnd(sql, asked)
    return { status: 0, offences }
  }
  const isJson = answer.headers.get('content-type')?.startsWith('application/json')
  if (answer.status < 300 && isJson && answer.text !== '') {
    pool.learn(JSON.parse(answer.text))
    const etag = answer.headers.get('etag')
    if (etag) pool.add('etag', etag)
    if (asked.operation.id === 'setProcessor') await forgetProcessor({ sql, server, pool })
  }
  return { status: answer.status, offences }
}

/** Operations that call the sandbox. It may delay them, with retries, for this time. */
const callers = new Set(['createPayment', 'initiatePayment'])
const callsMs = 4_000

/**
 * A request continues after its client has disconnected. Its later changes must not count as changes
 * of the next request.
 */
async function letEnd(sql: Sql, { operation }: Case): Promise<void> {
  const until = Date.now() + (callers.has(operation.id) ? callsMs : 0)
  for (;;) {
    const [row] = await sql.query<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity
       where datname = current_database() and application_name = 'hedge' and state <> 'idle'`,
    )
    if (row?.count === 0 && Date.now() >= until) break
    await new Promise((done) => setTimeout(done, pollEveryMs))
  }
  await takeChanges(sql)
}

/** The parts of a request that are needed to repeat it manually. */
function show({ operation, made, method, path, query, headers, body }: Case): string {
  const parts = { made, method, path, query, headers, body }
  return `${operation.id}: ${JSON.stringify(parts).slice(0, 1_500)}`
}

/** Removes an unreachable processor, which would make every later payment fail. */
async function forgetProcessor({ sql, server, pool }: Means): Promise<void> {
  await exchange(server.url, {
    method: 'DELETE',
    target: pool.resolve('/v1/merchants/{{merchant:0}}/processor'),
    headers: [['Authorization', pool.resolve('Bearer {{own:0}}')]],
    body: null,
  })
  await takeChanges(sql)
}

function resolve(asked: Case, pool: Pool): WireRequest {
  const { method, path, query, headers, body, bodyIn } = asked
  return {
    method,
    target: pool.resolve(query === '' ? path : `${path}?${query}`),
    headers: headers.map(([name, value]) => [name, pool.resolve(value)]),
    body: body === null ? null : Buffer.from(pool.resolve(body), bodyIn),
  }
}

/** Lets the workers do the due work. */
async function letWork(sql: Sql, server: QuietServer): Promise<void> {
  await server.tell('work')
  let quiet = 0
  for (let polls = 0; quiet < quietPolls && polls < pollsMax; polls++) {
    await new Promise((done) => setTimeout(done, pollEveryMs))
    quiet = (await takeChanges(sql)).length === 0 ? quiet + 1 : 0
  }
  await server.tell('rest')
  await takeChanges(sql)
}

/** Creates an object by a request that succeeds, so that other requests can name it. */
async function make(
  means: Pick<Means, 'server' | 'pool'>,
  target: string,
  body: object,
): Promise<WireAnswer> {
  const answer = await post(means, target, body)
  if (answer === null || answer === 'hangs' || answer.status !== 201) {
    throw new Error(`could not begin: ${JSON.stringify(answer)}`)
  }
  means.pool.learn(JSON.parse(answer.text))
  return answer
}

async function post(
  { server, pool }: Pick<Means, 'server' | 'pool'>,
  target: string,
  body: object,
): ReturnType<typeof exchange> {
  return await exchange(server.url, {
    method: 'POST',
    target,
    headers: [
      ['Authorization', pool.resolve('Bearer {{own:0}}')],
      ['Content-Type', 'application/json'],
    ],
    body: Buffer.from(JSON.stringify(body)),
  })
}

/**
 * Creates payments that the workers capture before a round begins, and a customer disputes one. Requests
 * of the previous round may have planned failures. Each of them fails one payment, and then another
 * payment is created.
 */
async function makePaid(means: Pick<Means, 'server' | 'pool'>): Promise<void> {
  let made = 0
  for (let tries = 0; made < paidPerRound && tries < paidPerRound + plannedFailuresMax; tries++) {
    const answer = await post(means, '/v1/payments', {
      amount: 10_000 + made,
      currency: 'USD',
      customer_email: 'customer1@example.com',
      initiate: true,
      payment_method_token: made === 0 ? 'tok_createDispute' : 'tok_visa',
    })
    if (answer === null || answer === 'hangs' || ![201, 502].includes(answer.status)) {
      throw new Error(`could not pay: ${JSON.stringify(answer)}`)
    }
    if (answer.status === 502) continue
    const payment = JSON.parse(answer.text)
    means.pool.learn(payment)
    if (payment.status !== 'failed') made++
  }
  if (made < paidPerRound) throw new Error('more payments failed than failures can be planned')
}

/** The objects that requests can name before the first answer. */
async function fillPool({
  sql,
  server,
  databaseUrl,
}: {
  sql: Sql
  server: QuietServer
  databaseUrl: string
}): Promise<Pool> {
  const [merchant] = await sql.query<{ id: string }>('select id from merchants')
  const pool = new Pool({ merchant: merchant?.id ?? '' })
  const add = (target: string, body: object) => make({ server, pool }, target, body)
  const other = JSON.parse((await add('/v1/merchants', { name: 'Other' })).text)
  pool.add('stranger', other.id)
  pool.add('strange', other.api_keys[0].secret_key)
  pool.add('live', await makeLiveKey(databaseUrl, other.id))
  await add('/v1/webhooks/endpoints', { url: 'http://127.0.0.1:1/' })
  for (let made = 0; made < paymentsAtFirst; made++) {
    await add('/v1/payments', {
      amount: 100 + made,
      currency: 'USD',
      customer_email: 'customer1@example.com',
      ...(made % 2 ? { initiate: true, payment_method_token: 'tok_visa' } : {}),
    })
  }
  return pool
}
