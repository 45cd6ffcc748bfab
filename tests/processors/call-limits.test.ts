import type { MerchantId } from '@hedgepayments/contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Database } from '../../packages/server/src/database/connect.ts'
import { feeScheduleDefault } from '../../packages/server/src/domain/fees.ts'
import { newId } from '../../packages/server/src/domain/ids.ts'
import { toTimestamp } from '../../packages/server/src/domain/time.ts'
import type { Loop } from '../../packages/server/src/jobs/loop.ts'
import { insertMerchant } from '../../packages/server/src/merchants/merchants.sql.ts'
import {
  callProcessor,
  type ProcessorCall,
} from '../../packages/server/src/payments/calls/call-processor.ts'
import { measured } from '../../packages/server/src/payments/calls/measured-processors.ts'
import { startPaymentWorkers } from '../../packages/server/src/payments/run/workers.ts'
import { bySystem } from '../../packages/server/src/payments/tasks/work.ts'
import { changeTriggers } from '../support/databases/nodes.ts'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { createMigratedDatabase } from '../support/servers/server.ts'
import { until } from '../support/until.ts'
import { GatedProcessors } from './gated-processor.ts'

let testDatabase: TestDatabase
let database: Database
let gate: GatedProcessors
let workers: Loop
/** The clock by which calls are measured: no call is slow unless a test says so. */
let clockMs: number

beforeAll(async () => {
  testDatabase = await createMigratedDatabase()
  database = connect({ url: testDatabase.url, onError: () => undefined })
  // Payments are inserted in the status in which their calls are due.
  await changeTriggers(database.pool, 'alter table payments disable trigger payments_first_status')
})

afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})

beforeEach(() => {
  gate = new GatedProcessors()
  clockMs = 0
  workers = startPaymentWorkers({
    db: database.db,
    processors: gate.processors,
    fees: feeScheduleDefault,
    // A quarter is for urgent calls.
    processorCallsMax: 32,
    nowMs: () => clockMs,
    idleMs: 50,
    onError: () => undefined,
    onAttention: () => undefined,
  })
})

afterEach(async () => {
  const stopped = workers.stop()
  await until('every call has ended', async () => {
    for (const call of [...gate.waiting]) call.answer('done')
    return await Promise.race([stopped.then(() => true), new Promise((end) => setImmediate(end))])
  })
  await database.pool.query('delete from payment_tasks')
})

async function newMerchant(): Promise<string> {
  const id = newId<MerchantId>('merchant')
  const now = toTimestamp(Date.now())
  await insertMerchant(database.db, {
    id,
    name: 'A shop',
    default_cancel_window: 0,
    fee_basis_points: null,
    fee_fixed_minor: null,
    created_at: now,
    updated_at: now,
  })
  return id
}

/** Adds payments of a merchant whose captures or voids are due. */
async function addDue(merchantId: string, kind: 'capture' | 'void', count: number): Promise<void> {
  const isVoid = kind === 'void'
  await database.pool.query(
    `with made as (
       insert into payments (merchant_id, livemode, id, sequence, status, amount, currency,
         payment_method, payment_method_token, customer_email, metadata, url, cancel_window,
         canceled_at, processor, processor_reference, expires_at, created_at, updated_at)
       select $1, true, 'pay_' || $2 || n, 3, $3, 9999, 'USD', 'card', 'tok_visa', 'a@example.com',
         '{}', 'http://127.0.0.1/pay', 0, case when $4 then now() end, 'gated', 'ref' || n,
         now() + interval '1 day', now(), now()
       from generate_series(1, $5::integer) n returning merchant_id, id)
     insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
     select merchant_id, true, id, $2, now() - interval '1 minute' from made`,
    [merchantId, kind, isVoid ? 'canceled' : 'processing', isVoid, count],
  )
  workers.nudge()
}

async function countSucceeded(merchantId: string): Promise<number> {
  const { rows } = await database.pool.query(
    `select count(*)::integer as count from payments where merchant_id = $1 and status = 'succeeded'`,
    [merchantId],
  )
  return rows[0].count
}

/** Waits for exactly so many concurrent captures of a merchant, and answers them. */
async function answerRound(merchantId: string, count: number, how: 'done' | 'too many' = 'done') {
  await until(`${count} captures wait`, () => gate.waitingOf(merchantId).length >= count)
  expect(gate.waitingOf(merchantId)).toHaveLength(count)
  clockMs++
  for (const call of gate.waitingOf(merchantId)) call.answer(how)
}

test('a call of any kind is measured, also of a method that nobody has listed', async () => {
  const merchantId = await newMerchant()
  await addDue(merchantId, 'void', 1)
  const { db } = database
  const account = { merchantId, livemode: true }
  const [row] = await db
    .selectFrom('payments')
    .selectAll()
    .where('merchant_id', '=', merchantId)
    .execute()
  if (!row) throw new Error('the payment was not inserted')
  const ended: unknown[] = []
  const onCall = (...call: unknown[]) => ended.push(call)
  const { forSent, meter } = measured(gate.processors, { onCall, nowMs: () => clockMs })
  const processor = await forSent(account, 'gated')
  const kind = 'refund_late_capture'
  const call = {
    ...{ row, processor, meter, kind, processorKey: 'key', actor: bySystem },
    now: toTimestamp(Date.now()),
    describe: () => ({ outcome: 'undecided' }) as const,
  } satisfies Omit<ProcessorCall<void>, 'run'>
  await callProcessor(db, {
    ...call,
    run: async () => {
      clockMs += 700
    },
  })
  const refused = Object.assign(new Error('Too many requests.'), { statusCode: 429 })
  await callProcessor(db, { ...call, run: () => Promise.reject(refused) })
  const times = { kind, beganMs: 0, endedMs: 700 }
  expect(ended).toEqual([
    [account, processor.account, { ...times, outcome: 'answered' }],
    [account, processor.account, { ...times, beganMs: 700, outcome: 'rate_limited' }],
  ])
})

describe('calls to a processor', () => {
  test('of one merchant double while the processor answers, up to the ceiling', async () => {
    const merchant = await newMerchant()
    await addDue(merchant, 'capture', 8 + 16 + 24 + 24)
    for (const count of [8, 16, 24, 24]) await answerRound(merchant, count)
    await until('all are captured', async () => (await countSucceeded(merchant)) === 72)
  })

  test('are halved when the processor refuses them for their rate', async () => {
    const merchant = await newMerchant()
    await addDue(merchant, 'capture', 40)
    await answerRound(merchant, 8)
    await answerRound(merchant, 16, 'too many')
    await answerRound(merchant, 8)
  })

  test('of a merchant whose processor does not answer do not delay those of another merchant', async () => {
    const [silent, other] = [await newMerchant(), await newMerchant()]
    await addDue(silent, 'capture', 100)
    await until('the silent processor is called', () => gate.waitingOf(silent).length === 8)
    await addDue(other, 'capture', 30)
    await until('every payment of the other merchant is captured', async () => {
      for (const call of gate.waitingOf(other)) call.answer('done')
      return (await countSucceeded(other)) === 30
    })
    expect(gate.waitingOf(silent)).toHaveLength(8)
    expect(await countSucceeded(silent)).toBe(0)
  })

  test('that void a canceled payment do not wait for captures', async () => {
    const merchant = await newMerchant()
    await addDue(merchant, 'capture', 60)
    await until('captures fill their limit', () => gate.waitingOf(merchant).length === 8)
    await addDue(merchant, 'void', 3)
    await until('the voids are called', () => gate.waitingOf(merchant, 'void').length === 3)
    expect(gate.waitingOf(merchant)).toHaveLength(8)
  })
})
