import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { disputeEvents, untilDispute } from '../../api/disputes/disputed.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { advance, initiate } from '../../support/payments/sandbox.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { until } from '../../support/until.ts'
import { pauseAndTakeOver } from './pause-everywhere.ts'
import { startWork, stopWork } from './paused-work.ts'

let app: OwnApp

beforeAll(async () => {
  app = await startOwnApp({})
})

afterEach(() => stopWork())

afterAll(() => app?.close())

/** A payment with an open dispute, which is due to be looked up. The bank decides some seconds later. */
async function disputed(): Promise<string> {
  const { body } = await initiate(app.api, 'tok_createDisputeLost')
  const work = startWork(app.databaseUrl)
  await until('the dispute is recorded', async () => {
    work.loop.nudge()
    const { body: list } = await app.api('GET', `/v1/disputes?payment=${body.id}`)
    return list.data.length > 0
  })
  await work.stop()
  // The column holds whole seconds, and the database rounds up from half a second.
  await app.sql.query(
    `update payment_tasks set due_at = now() - interval '1 second' where payment_id = $1 and kind = 'dispute'`,
    [body.id],
  )
  return body.id
}

async function isLookedUp(id: string): Promise<boolean> {
  const due = await app.sql.query(
    `select from payment_tasks t left join test_clocks c using (merchant_id)
     where payment_id = $1 and kind = 'dispute' and (lease is not null
       or due_at <= now() + make_interval(secs => coalesce(c.offset_seconds, 0)))`,
    [id],
  )
  return due.length === 0
}

test('a look-up that is older than the bank’s decision is not booked after it', async () => {
  const count = await pauseAndTakeOver(app, async () => {
    const id = await disputed()
    return {
      ids: [id],
      isDone: () => isLookedUp(id),
      meanwhile: () => advance(app.api, 60),
      async check(paused) {
        await untilDispute(app.api, id, ['lost'])
        expect(await disputeEvents(app.api, id), `paused before ${paused}`).toEqual([
          'payment.disputed',
          'dispute.created',
          'dispute.lost',
        ])
      },
    }
  })
  expect(count).toBeGreaterThan(1)
  expect(await brokenInvariants(app.sql, { isAtRest: false })).toEqual({})
})
