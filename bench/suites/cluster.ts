import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { insertPayments, openSql, type Sql } from '../../tests/support/databases/sql.ts'
import { until } from '../../tests/support/until.ts'
import { secretKey } from '../database/store.ts'
import { api } from '../load/api.ts'
import type { RequestTemplate } from '../load/job.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { cpuMicrosOf, cpuMicrosOfChildren } from '../server/cpu.ts'
import { type Server, startServer } from '../server/server.ts'

// Compares databases that run already: one PostgreSQL, and Citus clusters. All nodes must be on this machine,
// because their processor time is read from /proc. HEDGE_BENCH_DATABASES names them:
// `one=postgres://… three=postgres://…`. The tables of a cluster must be distributed (`hedge cluster init`).
// `name=address,file` starts another version of the server: the `packages/server/src/main.ts` of its checkout.

/** A cluster places each merchant on one of its nodes, so the load has several. */
const merchantCount = 16
const connections = 64

interface Target {
  readonly name: string
  readonly server: Server
  readonly sql: Sql
  readonly postmasters: readonly number[]
  readonly merchants: readonly { readonly id: string; readonly key: string }[]
}

/** What a round did: how many payments, in which time, with how much processor time of all processes. */
interface Done {
  readonly count: number
  readonly seconds: number
  readonly serverSeconds: number
  readonly postgresSeconds: number
}

/** Measures creates, cancels and whole payments on each database, in turn. */
export async function cluster(setup: Setup): Promise<void> {
  const targets: Target[] = []
  try {
    for (const target of readTargets()) targets.push(await open(...target))
    await measure(setup, targets, 'create', create)
    await measure(setup, targets, 'cancel', cancel)
    await measure(setup, targets, 'whole payment', pay)
  } finally {
    for (const { server, sql } of targets) {
      await server.stop()
      await sql.close()
    }
  }
}

type Named = readonly [name: string, url: string, file: string | undefined]

function readTargets(): Named[] {
  const given = process.env.HEDGE_BENCH_DATABASES ?? ''
  const targets = given.split(/\s+/).flatMap((part): Named[] => {
    const { name, url, file } =
      /^(?<name>[^=]+)=(?<url>[^,]+)(?:,(?<file>.+))?$/.exec(part)?.groups ?? {}
    return name && url ? [[name, url, file]] : []
  })
  if (targets.length === 0) {
    throw new Error(`HEDGE_BENCH_DATABASES: expected name=postgres://… , not "${given}"`)
  }
  return targets
}

async function open(...[name, url, file]: Named): Promise<Target> {
  const keys = { HEDGE_API_KEY: 'pk_test_for_the_benchmark_only', HEDGE_API_SECRET: secretKey }
  const server = await startServer(url, keys, file)
  const sql = openSql(url)
  const merchants = []
  for (let n = 0; n < merchantCount; n++) {
    const made = await api<{ id: string; api_keys: { secret_key: string }[] }>(
      ...[server.port, 'POST', '/v1/merchants', { name: `Merchant ${n}` }],
    )
    merchants.push({ id: made.id, key: made.api_keys[0]?.secret_key ?? '' })
  }
  return { name, server, sql, merchants, postmasters: await findPostmasters(sql, url) }
}

/** The postmasters of all nodes. */
async function findPostmasters(sql: Sql, url: string): Promise<number[]> {
  const [{ hasCitus }] = await sql.query(
    `select exists (select from pg_extension where extname = 'citus') as "hasCitus"`,
  )
  const nodes = hasCitus ? await sql.query('select nodename, nodeport from pg_dist_node') : []
  const urls = nodes.map(({ nodename, nodeport }) => {
    const node = new URL(url)
    node.host = `${nodename}:${nodeport}`
    return node.href
  })
  return await Promise.all((hasCitus ? urls : [url]).map(postmasterOf))
}

async function postmasterOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const stat = await readFile(`/proc/${rows[0]?.pid}/stat`, 'utf8')
  await client.end()
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

async function measure(
  { client, pairs, durationMs, recordFigure }: Setup,
  targets: readonly Target[],
  name: string,
  work: (
    setup: Pick<Setup, 'client' | 'durationMs'>,
    target: Target,
    round: number,
  ) => Promise<Done>,
): Promise<void> {
  const done = new Map(targets.map((target) => [target, [] as Done[]]))
  // The first round is a warm-up.
  for (let round = 0; round <= pairs; round++) {
    for (const target of targets) {
      const result = await work({ client, durationMs }, target, round)
      if (round > 0) done.get(target)?.push(result)
    }
  }
  for (const [target, results] of done) {
    const record = (what: string, unit: string, read: (result: Done) => number) =>
      recordFigure({
        ...{ name: `${name}, ${target.name}${what}`, unit, target: null },
        value: median(results.map(read)),
      })
    record('', 'per second', ({ count, seconds }) => count / seconds)
    record(
      ...([', of processor time', 'per processor-second'] as const),
      (result) => result.count / (result.serverSeconds + result.postgresSeconds),
    )
    record(', server', 'µs', (result) => (result.serverSeconds / result.count) * 1e6)
    const first = done.get(targets[0] as Target) ?? []
    if (results !== first) {
      const ratios = results.map(
        ({ count, seconds }, n) =>
          count / seconds / ((first[n]?.count ?? Number.NaN) / (first[n]?.seconds ?? 1)),
      )
      recordFigure({
        ...{ name: `${name}, ${target.name} against ${targets[0]?.name}`, unit: 'times' },
        ...{ value: median(ratios), target: null },
      })
    }
    record(', PostgreSQL', 'µs', (result) => (result.postgresSeconds / result.count) * 1e6)
  }
}

/** Runs work, and measures its time and the processor time of the server and of all nodes. */
async function timed({ server, postmasters }: Target, work: () => Promise<number>): Promise<Done> {
  const read = async () => {
    const ofNodes = await Promise.all(postmasters.map(cpuMicrosOfChildren))
    return {
      server: await cpuMicrosOf(server.pid),
      postgres: ofNodes.reduce((sum, micros) => sum + micros, 0),
    }
  }
  const [before, startedMs] = [await read(), performance.now()]
  const count = await work()
  const seconds = (performance.now() - startedMs) / 1_000
  const after = await read()
  return {
    ...{ count, seconds },
    serverSeconds: (after.server - before.server) / 1e6,
    postgresSeconds: (after.postgres - before.postgres) / 1e6,
  }
}

type Work = Parameters<typeof measure>[3]

const create: Work = ({ client, durationMs }, target, round) =>
  timed(target, () =>
    send(client, target, { durationMs, expected: 201, count: durationMs * 5 }, creation(round, {})),
  )

const pay: Work = ({ client, durationMs }, target, round) => {
  const body = { initiate: true, payment_method_token: 'tok_visa' }
  const range = { durationMs, expected: 201, count: durationMs * 2 }
  return timed(target, async () => {
    const count = await send(client, target, range, creation(`pay-${round}`, body))
    await until(
      'every payment is captured',
      async () => {
        const [{ open }] = await target.sql.query(
          `select exists (select 1 from payments where status in ('initiated', 'processing')) as open`,
        )
        return !open
      },
      { patience: 5 },
    )
    return count
  })
}

const cancel: Work = async ({ client, durationMs }, target) => {
  const each = Math.ceil((durationMs * 10) / merchantCount)
  const ofMerchants: string[][] = []
  for (const [n, { id }] of target.merchants.entries()) {
    const owner = { merchant_id: id, livemode: false }
    ofMerchants.push(
      await insertPayments(target.sql, { owner, count: each, ageMs: 60_000 + 1_000 * n }),
    )
  }
  await untilRelayed(target.sql)
  const ids = Array.from(
    { length: each * merchantCount },
    (_, i) => ofMerchants[i % merchantCount]?.[Math.floor(i / merchantCount)] ?? '',
  )
  const request = {
    ...template('/v1/payments/{id}/cancel', `cancel-${performance.now()}-{n}`),
    ...{ body: JSON.stringify({ reason: 'customer_requested' }), ids },
  }
  const range = { durationMs, expected: 200, count: ids.length }
  return await timed(target, () => send(client, target, range, request))
}

/** Waits until the seeded events are relayed, counted and sealed. Earlier versions have no seals. */
async function untilRelayed(sql: Sql): Promise<void> {
  const [{ last }] = await sql.query('select max(position)::text as last from events')
  const [{ hasSeals }] = await sql.query(
    `select to_regclass('seal_progress') is not null as "hasSeals"`,
  )
  const progress = ['event_relay', 'stats_progress', ...(hasSeals ? ['seal_progress'] : [])]
  for (const table of progress) {
    await until(
      `the seeded events have passed ${table}`,
      async () => {
        const [{ position }] = await sql.query(`select position::text from ${table}`)
        return BigInt(position) >= BigInt(last)
      },
      { patience: 5 },
    )
  }
}

function creation(round: number | string, more: object): RequestTemplate {
  const body = { amount: 9999, currency: 'USD', customer_email: 'bench@example.com', ...more }
  return {
    ...template('/v1/payments', `create-${round}-{n}`),
    body: JSON.stringify(body),
  }
}

function template(path: string, key: string): Omit<RequestTemplate, 'body'> {
  const headers = {
    authorization: 'Bearer {key}',
    'content-type': 'application/json',
    'idempotency-key': key,
  }
  return { method: 'POST', path, headers, idPrefix: '' }
}

/** Sends requests of all merchants in turn, and returns how many succeeded: all of them. */
async function send(
  client: Setup['client'],
  { name, server, merchants }: Target,
  range: { durationMs: number; expected: number; count: number },
  request: RequestTemplate,
): Promise<number> {
  const { durationMs, expected, count } = range
  const result = await client.run({
    ...{ port: server.port, connections, durationMs, numbers: { from: 0, count } },
    request: { ...request, keys: merchants.map(({ key }) => key) },
  })
  if (result.statuses[expected] !== result.requests) {
    throw new Error(`void: ${name}: ${JSON.stringify(result.statuses)}: ${result.firstFailure}`)
  }
  return result.requests
}
