import { beforeEach, expect, test } from 'vitest'
import { brokenInvariants, isAtRest } from '../../support/databases/invariants.ts'
import { endLeasesOfKilled } from '../../support/databases/leases.ts'
import type { Api } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { advance, initiate, movements } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { untilCalling, withKillableServers } from './killable-servers.ts'

const servers = withKillableServers()
/** A client of the only server. */
let api: Api

beforeEach(async () => {
  api = (await servers.doomed()).api
})

/** Kills the only server and starts another one, which finishes the work. */
async function replaceServer(): Promise<void> {
  const { sql } = servers
  await (await servers.doomed()).kill()
  await endLeasesOfKilled(sql)
  api = (await servers.doomed()).api
}

async function expectAtRest(): Promise<void> {
  const { sql } = servers
  await until('nothing is left to do', () => isAtRest(sql), { patience: 2 })
  expect(await brokenInvariants(sql, { isAtRest: true })).toEqual({})
}

/** Kills the server while it calls the processor, and has another one finish the work. */
async function killDuring(kind: 'void' | 'refund'): Promise<void> {
  await untilCalling(servers.sql, kind)
  await replaceServer()
  // Windows that are still open end, so that every task can come to its end.
  await advance(api, 7_200)
  await expectAtRest()
}

test('kill -9 during a void: another process gives the authorization up, once', async () => {
  const { body } = await initiate(api, 'tok_slow', { cancel_window: 3_600 })
  const canceled = await api('POST', `/v1/payments/${body.id}/cancel`)
  await killDuring('void')
  expect(await movements(servers.sql, body.id)).toEqual(['authorize', 'void'])
  const { body: after } = await api('GET', `/v1/payments/${body.id}`)
  expect(after).toEqual(canceled.body)
})

test('kill -9 during a refund: another process sees to it, and the money goes back once', async () => {
  const { body } = await initiate(api, 'tok_slow')
  await untilStatus(api, body.id, 'succeeded')
  await api('POST', `/v1/payments/${body.id}/refund`, { body: { amount: 1_234 } })
  await killDuring('refund')
  expect(await movements(servers.sql, body.id)).toEqual(['authorize', 'capture', 'refund'])
  const { body: after } = await api('GET', `/v1/payments/${body.id}`)
  expect(after).toMatchObject({
    status: 'partially_refunded',
    refunded_amount: 1_234,
    refunds: [{ amount: 1_234, status: 'succeeded' }],
  })
})

test('a payment that was processing when its process was killed is captured once', async () => {
  const { status, body } = await initiate(api, 'tok_visa')
  expect(status).toBe(200)
  // The payment is due. At whichever step the server is killed, the next one continues there.
  await replaceServer()
  await untilStatus(api, body.id, 'succeeded')
  await expectAtRest()
  expect(await movements(servers.sql, body.id)).toEqual(['authorize', 'capture'])
})
