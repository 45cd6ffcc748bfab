import { feeScheduleDefault } from '../../packages/server/src/domain/fees.ts'
import { plusSeconds, toTimestamp } from '../../packages/server/src/domain/time.ts'
import { capturePayment } from '../../packages/server/src/payments/capture/capture-job.ts'
import { BatchedCreates } from '../../packages/server/src/payments/create/batched-creates.ts'
import { createPayment } from '../../packages/server/src/payments/create/create.ts'
import { DefaultsCache } from '../../packages/server/src/payments/create/merchant-defaults.ts'
import { processDue } from '../../packages/server/src/payments/run/due-payments.sql.ts'
import { initiatePayment } from '../../packages/server/src/payments/submit/initiate.ts'
import { submissionLeaseSeconds } from '../../packages/server/src/payments/submit/submission.ts'
import { claimTasks } from '../../packages/server/src/payments/tasks/claim-tasks.sql.ts'
import { finishTask } from '../../packages/server/src/payments/tasks/claimed-tasks.sql.ts'
import { findPayment } from '../../packages/server/src/payments/view/payments.sql.ts'
import { type Arena, clear } from './arena.ts'

/** The state of a payment when its race begins. */
export interface Start {
  readonly name: string
  /** Seconds since its creation. A payment expires after an hour. */
  readonly ageSeconds?: number
  readonly token?: string
  /** Its `cancel_window`, in seconds. */
  readonly windowSeconds?: number
  /** Whether the payment waits for its capture by a request. */
  readonly isManual?: boolean
  /** Whether the payment has a due task, so a worker takes part in the race. */
  readonly isDue?: boolean
  /** The last step that it has taken. */
  readonly through: 'created' | 'initiated' | 'processing' | 'succeeded'
}

export const amountMinor = 1_000

const starts: readonly Start[] = [
  { name: 'pending', through: 'created' },
  { name: 'about to expire', through: 'created', ageSeconds: 7_200, isDue: true },
  { name: 'within its undo window', through: 'initiated', token: 'tok_visa', windowSeconds: 3_600 },
  { name: 'waiting for its capture', through: 'initiated', token: 'tok_visa', isManual: true },
  { name: 'about to be processed', through: 'initiated', token: 'tok_visa', isDue: true },
  { name: 'about to fail', through: 'initiated', token: 'tok_captureDeclined', isDue: true },
  {
    name: 'captured by hand',
    through: 'initiated',
    token: 'tok_capturedByHand',
    windowSeconds: 3_600,
  },
  { name: 'about to be captured', through: 'processing', token: 'tok_visa', isDue: true },
  { name: 'succeeded', through: 'succeeded', token: 'tok_visa' },
  { name: 'refunds declined', through: 'succeeded', token: 'tok_refundDeclined' },
]

/** All rows of one payment, as text in which its id can be replaced. */
export interface Template {
  readonly start: Start
  readonly id: string
  readonly rows: readonly { readonly table: string; readonly text: string }[]
}

/** Tables in the order in which their rows can be inserted, and the column that names a payment. */
const tables: readonly (readonly [table: string, column: string])[] = [
  ['payments', 'id'],
  ['events', 'subject_id'],
  ['payment_tasks', 'payment_id'],
  ['payment_attempts', 'payment_id'],
  ['idempotency_records', 'payment_id'],
  ['ledger_transfers', 'payment_id'],
  ['sandbox_payments', 'payment_id'],
  ['sandbox_movements', 'payment_id'],
]

/** The idempotency key of the templates. Each copy has a key made of its own id instead. */
const templateKey = 'template-key'

/** The idempotency key of a copy. */
export function createKeyOf(id: string): string {
  return `create ${id}`
}

/** Creates one payment for each start with the server's code, and keeps its rows as text. */
export async function makeTemplates(arena: Arena): Promise<Template[]> {
  const templates: Template[] = []
  for (const start of starts) {
    templates.push(await makeTemplate(arena, start))
    await clear(arena.sql)
  }
  return templates
}

async function makeTemplate(arena: Arena, start: Start): Promise<Template> {
  const { auth, sql } = arena
  const [{ database, processors, batches }] = arena.sides
  const { db } = database
  // No worker runs yet: only the copies' tasks are worked on.
  const now = toTimestamp(Date.now())
  const createdAt = plusSeconds(now, -(start.ageSeconds ?? 60))
  const leaseSeconds = submissionLeaseSeconds
  const dependencies = { db, processors, batches, onWork: () => undefined, leaseSeconds }
  const creating = {
    ...dependencies,
    defaults: new DefaultsCache(db),
    creates: new BatchedCreates(database),
  }
  const created = await createPayment(creating, {
    auth,
    body: {
      amount: amountMinor,
      currency: 'USD',
      customer_email: 'customer@example.com',
      cancel_window: start.windowSeconds ?? 0,
      capture_method: start.isManual ? 'manual' : 'automatic',
    },
    idempotency: { key: templateKey, requestHash: Buffer.alloc(32) },
    now: createdAt,
    publicUrl: 'http://127.0.0.1',
  })
  const { id } = JSON.parse((created as { body: string }).body)
  if (start.through !== 'created') {
    const reply = await initiatePayment(dependencies, {
      auth,
      paymentId: id,
      token: start.token ?? null,
      ifMatch: null,
      idempotency: null,
      operationId: 'initiatePayment',
      now,
    })
    if (reply.status !== 200)
      throw new Error(`template "${start.name}": initiate got ${reply.status}`)
  }
  if (start.through === 'processing' || start.through === 'succeeded') {
    await advance(arena, id, 'processing')
  }
  if (start.through === 'succeeded') await advance(arena, id, 'succeeded')
  const rows = await Promise.all(
    tables.map(async ([table, column]) => {
      const found = await sql.query(
        `select to_jsonb(t)::text as text from ${table} t where merchant_id = $2 and ${column} = $1`,
        [id, auth.merchantId],
      )
      return found.map(({ text }) => ({ table, text: unleased(text) }))
    }),
  )
  return { start, id, rows: rows.flat() }
}

/** Does the one task that moves a template to `processing` or `succeeded`, without a worker. */
async function advance(arena: Arena, id: string, to: 'processing' | 'succeeded'): Promise<void> {
  const [{ database, processors }] = arena.sides
  const { db } = database
  const now = toTimestamp(Date.now())
  const kinds = [to === 'processing' ? ('process' as const) : ('capture' as const)]
  const [task] = await claimTasks(db, { kinds, limit: 1, leaseSeconds: 10 })
  const row = await findPayment(db, { account: arena.auth, id })
  if (!task || !row) throw new Error(`a template has no task that leads to ${to}`)
  if (to === 'processing') return await processDue(db, [{ task, now }])
  await capturePayment({ db, processors, task, row, fees: feeScheduleDefault, now })
  await finishTask(db, task)
}

function unleased(text: string): string {
  return text.replace(/"leased_until": "[^"]*"/, '"leased_until": null')
}

/** Inserts copies of templates under new ids, in one transaction. */
export async function insertCopies(
  arena: Arena,
  copies: readonly { template: Template; id: string }[],
): Promise<void> {
  const client = await arena.sql.connect()
  try {
    await client.query('begin')
    for (const [table] of tables) {
      const texts = copies.flatMap(({ template, id }) =>
        template.rows
          .filter((row) => row.table === table)
          .map(({ text }) =>
            text
              .replaceAll(suffixOf(template.id), suffixOf(id))
              .replaceAll(templateKey, createKeyOf(id)),
          ),
      )
      const columns = (await columnsOf(arena, table)).join(', ')
      await client.query(
        `insert into ${table} (${columns}) select ${columns}
         from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
        [`[${texts.join(',')}]`],
      )
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

const columnNames = new Map<string, string[]>()

/** The columns of a table, without those that the database gives: positions of events are no identity in a cluster. */
async function columnsOf({ sql }: Arena, table: string): Promise<string[]> {
  const existing = columnNames.get(table)
  if (existing) return existing
  const rows = await sql.query(
    `select column_name from information_schema.columns
     where table_schema = current_schema() and table_name = $1 and is_identity = 'NO'
       and column_name <> 'position'`,
    [table],
  )
  const names = rows.map((row) => row.column_name)
  columnNames.set(table, names)
  return names
}

/** The id without its prefix: the ids of a payment's events and tokens contain it too. */
function suffixOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}
