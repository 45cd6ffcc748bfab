import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { feeScheduleDefault } from '../../../packages/server/src/domain/fees.ts'
import { processRefunds } from '../../../packages/server/src/payments/refund/refund-job.ts'
import { claimTasks } from '../../../packages/server/src/payments/tasks/claim-tasks.sql.ts'
import type { Work } from '../../../packages/server/src/payments/tasks/work.ts'
import { findPayment } from '../../../packages/server/src/payments/view/payments.sql.ts'
import type { Processor } from '../../../packages/server/src/processors/interface/processor.ts'
import {
  KeptFailureError,
  type PaymentState,
  type RefundResult,
} from '../../../packages/server/src/processors/interface/results.ts'
import { createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { startWork, stopWork } from './paused-work.ts'

// A processor can pay a refund, report a failure, and keep this failure for the key. Then another key would
// pay the refund again, so a look-up must come between. The model of tests/model/protocol found this race.

let app: OwnApp

beforeAll(async () => {
  app = await startOwnApp({})
})

afterEach(() => stopWork())

afterAll(() => app?.close())

/** Creates a captured payment with a refund that is not sent. */
async function createRefunded(): Promise<string> {
  const { id } = await createPayment(app.api)
  const body = { payment_method_token: 'tok_visa' }
  expect((await app.api('POST', `/v1/payments/${id}/initiate`, { body })).status).toBe(200)
  const work = startWork(app.databaseUrl)
  await untilStatus(app.api, id, 'succeeded')
  await work.stop()
  const refund = await app.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
  expect(refund.status).toBe(200)
  return id
}

/** Claims the refund task, as another process would when the lease of the first one has ended. */
async function claimRefund(paymentId: string, processor: Pick<Processor, 'lookUp' | 'refund'>) {
  const { db } = app.database
  await app.sql.query(`update payment_tasks set leased_until = now() - interval '1 s'`)
  const [task] = await claimTasks(db, { kinds: ['refund'], limit: 1, leaseSeconds: 10 })
  const account = { merchantId: app.owner.merchant_id, livemode: false }
  const row = await findPayment(db, { account, id: paymentId })
  if (!task || !row) throw new Error('the refund has no task')
  const processors = { forSent: async () => ({ name: 'sandbox', ...processor }) as Processor }
  const now = task.taken_at
  return { db, processors, task, row, fees: feeScheduleDefault, now } satisfies Work
}

/** The payment at the processor, which has no refunds yet. */
const withoutRefunds: PaymentState = {
  state: 'captured',
  reference: 'sbx_1',
  capturedMinor: 9999,
  feeMinor: null,
  refunds: [],
  settledAt: null,
}

test('a failure that is kept after the next look-up does not change the key of a refund', async () => {
  const id = await createRefunded()
  const keys: string[] = []
  const called = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<RefundResult>()
  const paused = await claimRefund(id, {
    lookUp: async () => withoutRefunds,
    refund: async (_, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      called.resolve()
      return await answered.promise
    },
  })
  const first = processRefunds(paused)
  await called.promise
  const second = await claimRefund(id, {
    // The processor pays the first refund after this look-up, and reports a failure that it keeps.
    lookUp: async () => {
      answered.reject(new KeptFailureError('Something went wrong.'))
      expect(await first).toBe('failed')
      return withoutRefunds
    },
    refund: async (_, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      throw new KeptFailureError('Something went wrong.')
    },
  })
  expect(await processRefunds(second)).toBe('failed')
  expect(keys).toHaveLength(2)
  expect(keys[1], 'the key of the second call').toBe(keys[0])
})
