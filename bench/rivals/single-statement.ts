import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Store } from '../database/store.ts'
import type { NumberRange } from '../load/job.ts'
import { stride } from '../load/job.ts'
import type { Round, Variant } from '../method/rounds.ts'

const run = promisify(execFile)

/**
 * The smallest statement that does the work of one cancel: lock the payment, record the key, update
 * the row, insert the event. pgbench and pg run the same text; `n` is the SQL for the payment's number.
 */
export function singleStatement(store: { merchantId: string; idPrefix: string }, n: string) {
  const id = `'${store.idPrefix}' || lpad((${n})::text, 16, '0')`
  const scope = (p: string) =>
    `${p}.merchant_id = '${store.merchantId}' and ${p}.livemode = false and ${p}.id = ${id}`
  return `
with locked as materialized (
  select merchant_id, livemode, id, status, sequence, greatest(now(), updated_at) as at
  from payments p where ${scope('p')}
  for no key update
), recorded as (
  insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
    payment_id, event_sequence, created_at)
  select merchant_id, livemode, 'cancel-5f1c6b1e-9a57-4f2b-' || (${n})::text, 'cancelPayment',
    '\\x5f1c6b1e9a574f2b5f1c6b1e9a574f2b5f1c6b1e9a574f2b5f1c6b1e9a574f2b'::bytea, 'canceled',
    id, sequence + 1, now()
  from locked where status in ('pending', 'initiated')
  on conflict do nothing
  returning payment_id
), moved as (
  update payments p set status = 'canceled', sequence = p.sequence + 1, canceled_at = l.at,
    updated_at = l.at, cancellation_reason = 'customer_requested'
  from locked l
  where ${scope('p')} and p.status in ('pending', 'initiated')
    and exists (select from recorded)
  returning p.*, l.status as seen_status
), recorded_event as (
  insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
    actor_id, from_status, to_status, reason)
  select merchant_id, livemode, id, sequence, 'payment.canceled', canceled_at, 'api_key',
    'key_bench', seen_status, 'canceled', cancellation_reason
  from moved
)
select * from moved`
}

/** The version of pgbench on this machine; `null`: not installed. */
export async function findPgbench(): Promise<string | null> {
  return await run('pgbench', ['--version']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
}

/** Runs the statement with pgbench: no HTTP, no JSON, no JavaScript. */
export function pgbenchCancels(store: Store, connections: number): Variant {
  return {
    name: `pgbench, ${connections} connections`,
    async run(range: NumberRange, _durationMs: number): Promise<Round> {
      const folder = await mkdtemp(join(tmpdir(), 'bench-'))
      try {
        const file = join(folder, 'cancel.sql')
        await writeFile(file, script(store, range, connections))
        return await pgbench(store, { file, range, connections })
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  }
}

function script(store: Store, { from, count }: NumberRange, connections: number): string {
  const next = `((:i * ${connections} + :client_id) * ${stride}) % ${count}`
  const statement = singleStatement(store, ':n').trim()
  return `\\set n ${from} + ${next}\n\\set i :i + 1\n${statement};\n`
}

async function pgbench(
  store: Store,
  { file, range, connections }: { file: string; range: NumberRange; connections: number },
): Promise<Round> {
  const url = new URL(store.url)
  const password = url.password
  url.password = ''
  const each = Math.floor(range.count / connections)
  const { stdout } = await run(
    'pgbench',
    [
      ...['--no-vacuum', '--protocol=prepared', '--define=i=0', `--file=${file}`],
      ...[`--client=${connections}`, `--jobs=${Math.min(2, connections)}`],
      ...[`--transactions=${each}`, url.href],
    ],
    { env: { PATH: process.env.PATH, PGPASSWORD: password } },
  )
  const read = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN)
  return {
    perSecond: read(/tps = ([\d.]+)/),
    acknowledged: read(/actually processed: (\d+)/),
    p50Ms: read(/latency average = ([\d.]+)/),
  }
}

/** Runs the statement with `pg` in a loop in a new process, on machines without pgbench. */
export function pgLoopCancels(store: Store, connections: number): Variant {
  return {
    name: `bare pg loop, ${connections} connections`,
    async run(range: NumberRange, durationMs: number): Promise<Round> {
      const child = fork(join(import.meta.dirname, 'pg-loop-process.ts'))
      const exited = once(child, 'exit')
      const answered = once(child, 'message')
      const { url, merchantId, idPrefix } = store
      child.send({ url, merchantId, idPrefix, range, durationMs, connections })
      const [round] = (await answered) as [Round]
      await exited
      return round
    },
  }
}
