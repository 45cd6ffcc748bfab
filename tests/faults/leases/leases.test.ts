import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { countWaiting } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { pauseEverywhere, takeOver } from './pause-everywhere.ts'
import { type PausedWork, passLeases, startWork, stopWork } from './paused-work.ts'
import { snapshot } from './snapshot.ts'

// Each test pauses a worker between two statements for longer than its lease. Another worker finishes the
// job. When the first worker continues, it must change nothing.

let app: OwnApp
let url: string

beforeAll(async () => {
  app = await startOwnApp({})
  url = app.databaseUrl
})

afterEach(() => stopWork())

afterAll(() => app?.close())

const statusOf = async (id: string) => (await app.api('GET', `/v1/payments/${id}`)).body.status

async function initiated(token: string, more: Record<string, unknown> = {}): Promise<string> {
  const { id } = await createPayment(app.api, more)
  const body = { payment_method_token: token }
  const { status } = await app.api('POST', `/v1/payments/${id}/initiate`, { body })
  expect(status).toBe(200)
  return id
}

async function paid(token = 'tok_visa'): Promise<string> {
  const id = await initiated(token)
  await whileWorking(id, 'succeeded')
  return id
}

/** Runs another worker until the payment has a status and no work is due for it. */
async function whileWorking(id: string, status: string): Promise<void> {
  const work = startWork(url)
  await until(`payment ${id} is ${status}`, async () => {
    work.loop.nudge()
    return (await statusOf(id)) === status && (await isQuiet(id))
  })
  await work.stop()
}

/** Whether no work is due for a payment within a minute. */
async function isQuiet(id: string): Promise<boolean> {
  const [row] = await app.sql.query(
    `select (select count(*) from payment_tasks t left join test_clocks c using (merchant_id)
       where payment_id = $1 and (leased_until is not null or due_at
         <= now() + make_interval(secs => coalesce(c.offset_seconds, 0) + 60)))
     + (select count(*) from refunds where payment_id = $1 and status = 'pending') as open`,
    [id],
  )
  return Number(row.open) === 0
}

/** A job for a worker, and the payment's status after it. */
interface Piece {
  readonly name: string
  readonly prepare: () => Promise<string>
  readonly status: string
  /** Whether the job is one statement, so that it can be paused at one place only. */
  readonly isOneStatement?: true
  /** Whether it is part of `npm test`. */
  readonly isQuick?: true
}

const daySeconds = 86_400
const advance = async (seconds: number) => {
  const { status } = await app.api('POST', '/v1/test/clock/advance', { body: { seconds } })
  expect(status).toBe(200)
}

const pieces: readonly Piece[] = [
  {
    name: 'the processing and the capture of a payment',
    isQuick: true,
    prepare: () => initiated('tok_visa'),
    status: 'succeeded',
  },
  {
    name: 'a capture that is declined',
    prepare: () => initiated('tok_captureDeclined'),
    status: 'failed',
  },
  {
    name: 'the look-up of a submission whose process died',
    async prepare() {
      const { id } = await createPayment(app.api, { cancel_window: 3_600 })
      await app.sql.query(
        `with submitted as (
          update payments set processor = 'sandbox', payment_method_token = 'tok_visa'
          where id = $1 returning merchant_id, livemode, id
        )
        insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
        select merchant_id, livemode, id, 'authorize', now() from submitted`,
        [id],
      )
      return id
    },
    status: 'initiated',
  },
  {
    name: 'the void of a canceled payment',
    isQuick: true,
    async prepare() {
      const id = await initiated('tok_visa', { cancel_window: 3_600 })
      await app.api('POST', `/v1/payments/${id}/cancel`)
      return id
    },
    status: 'canceled',
  },
  {
    name: 'the refund of a capture after a cancel',
    async prepare() {
      const id = await initiated('tok_capturedByHand', { cancel_window: 3_600 })
      await app.api('POST', `/v1/payments/${id}/cancel`)
      return id
    },
    status: 'canceled',
  },
  {
    name: 'a refund',
    isQuick: true,
    async prepare() {
      const id = await paid()
      await app.api('POST', `/v1/payments/${id}/refund`)
      return id
    },
    status: 'refunded',
  },
  {
    name: 'a refund that is declined',
    async prepare() {
      const id = await paid('tok_refundDeclined')
      await app.api('POST', `/v1/payments/${id}/refund`)
      return id
    },
    status: 'succeeded',
  },
  {
    name: 'the expiry of a payment',
    async prepare() {
      const { id } = await createPayment(app.api)
      await advance(3_700)
      return id
    },
    status: 'canceled',
    isOneStatement: true,
  },
  {
    name: 'the look-up of a settlement',
    async prepare() {
      const id = await paid()
      await advance(3 * daySeconds)
      return id
    },
    status: 'succeeded',
  },
]

describe('a worker that is paused for longer than its lease changes nothing after another worker took over', () => {
  test.each(size({ quick: pieces.filter(({ isQuick }) => isQuick), all: [...pieces] }))(
    '$name happens once',
    async (piece) => {
      const { status, isOneStatement } = piece
      const count = await pauseEverywhere(url, {
        async prepare() {
          const id = await piece.prepare()
          const isDone = async () => (await statusOf(id)) === status && (await isQuiet(id))
          return { ids: [id], id, isDone }
        },
        async whilePaused(worker, { id, isDone }) {
          await takeOver({ sql: app.sql, url }, worker, { isDone })
          const before = await snapshot(app, id)
          worker.release()
          await worker.stop()
          expect(await snapshot(app, id), `paused before ${worker.statement()}`).toEqual(before)
        },
      })
      expect(count).toBeGreaterThan(isOneStatement || !isLongRun ? 0 : 1)
      expect(await brokenInvariants(app.sql, { isAtRest: false })).toEqual({})
    },
  )
})

describe('a refund that is requested while a worker sends another refund of the payment', () => {
  const refund = async (id: string, amount: number) => {
    const { status } = await app.api('POST', `/v1/payments/${id}/refund`, { body: { amount } })
    expect(status).toBe(200)
  }
  async function answeredOrLocked(request: Promise<unknown>): Promise<void> {
    let isAnswered = false
    void request.then(() => {
      isAnswered = true
    })
    await until('the request waits for a lock or is answered', async () => {
      return (await countWaiting(app.sql)) > 0 || isAnswered
    })
  }
  /** Pauses a worker at each statement of the refund of a new payment. */
  async function pauseRefund(
    whilePaused: (worker: PausedWork, id: string) => Promise<void>,
    { token = 'tok_visa', isDone = isQuiet } = {},
  ): Promise<void> {
    const count = await pauseEverywhere(url, {
      async prepare() {
        const id = await paid(token)
        await refund(id, 100)
        return { ids: [id], id, isDone: () => isDone(id) }
      },
      whilePaused: (worker, { id }) => whilePaused(worker, id),
    })
    expect(count).toBeGreaterThan(size({ quick: 0, all: 3 }))
  }

  /** Requests another refund, then releases the worker. */
  async function refundMore(worker: PausedWork, id: string): Promise<void> {
    // A statement may have locked the payment, so the request waits until the worker goes on.
    const requested = refund(id, 200)
    await answeredOrLocked(requested)
    worker.release()
    await requested
  }

  test('is sent too, at every statement of the worker', async () => {
    await pauseRefund(async (worker, id) => {
      await refundMore(worker, id)
      await until(`both are sent though one came before ${worker.statement()}`, async () => {
        worker.loop.nudge()
        const { body } = await app.api('GET', `/v1/payments/${id}`)
        return body.refunds.every(({ status }: { status: string }) => status === 'succeeded')
      })
      await worker.stop()
      expect((await app.api('GET', `/v1/payments/${id}`)).body.refunded_amount).toBe(300)
    })
  })

  test.runIf(isLongRun)(
    'is sent or due at once, even if the other refund is pending at the processor',
    async () => {
      const whilePaused = async (worker: PausedWork, id: string) => {
        await refundMore(worker, id)
        await worker.stop()
        const [row] = await app.sql.query(
          `select bool_or(t.due_at <= now() + interval '3 s') or bool_and(r.attempts > 0) as is_soon
           from refunds r left join payment_tasks t
             on t.payment_id = r.payment_id and t.kind = 'refund'
           where r.payment_id = $1`,
          [id],
        )
        expect(row, `requested before ${worker.statement()}`).toEqual({ is_soon: true })
      }
      await pauseRefund(whilePaused, { token: 'tok_refundUndecided', isDone: isPutOff })
    },
  )

  test.runIf(isLongRun)(
    'is sent too, even if that worker was paused and another one took over',
    async () => {
      await pauseRefund(async (worker, id) => {
        await passLeases(app.sql, worker)
        await whileWorking(id, 'partially_refunded')
        await refund(id, 200)
        worker.release()
        await worker.stop()
        await whileWorking(id, 'partially_refunded')
        const { body } = await app.api('GET', `/v1/payments/${id}`)
        const statuses = body.refunds.map(({ status }: { status: string }) => status)
        expect(statuses, `paused before ${worker.statement()}`).toEqual(['succeeded', 'succeeded'])
      })
    },
  )

  /** Whether the only refund was sent, and the worker has postponed its task. */
  async function isPutOff(id: string): Promise<boolean> {
    const rows = await app.sql.query(
      `select 1 from refunds r join payment_tasks t
         on t.payment_id = r.payment_id and t.kind = 'refund'
       where r.payment_id = $1 and r.attempts > 0 and t.lease is null and t.due_at > now()`,
      [id],
    )
    return rows.length > 0
  }
})
