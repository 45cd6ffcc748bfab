import { setTimeout as sleep } from 'node:timers/promises'
import { allOperations } from '@hedgepayments/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { createMigratedDatabase } from '../support/servers/server.ts'
import { size } from '../support/size.ts'
import { type Fuzzer, openFuzzer, type Tally } from './run.ts'

/** The default is constant, so that a failure can be repeated. */
const seed = Number(process.env.HEDGE_SEED ?? 20_261_124)
const cases = Number(process.env.HEDGE_FUZZ_CASES ?? size({ quick: 60, all: 4_500 }))
/** Number of cases from which every operation occurs often enough. */
const casesOfShare = 4_500
/** Pause between updates, in milliseconds: shorter than a request. */
const betweenUpdatesMs = 2

// All tests share a server. The later tests break it and do not repair it.
let database: TestDatabase
let fuzzer: Fuzzer
let sql: Sql

beforeAll(async () => {
  database = await createMigratedDatabase()
  fuzzer = await openFuzzer(database)
  sql = openSql(database.url)
})

afterAll(async () => {
  await fuzzer?.close()
  await sql?.close()
  await database?.drop()
})

test(`${cases} requests from seed ${seed} are answered as the OpenAPI document says`, async () => {
  const { tally, deviations } = await fuzzer.run({ seed, count: cases })
  expect(deviations, `seed ${seed}:\n${deviations.join('\n')}`).toEqual([])
  expect(fuzzer.server.log()).toBe('')
  if (cases < casesOfShare) return
  // Requests that are all refused, or none, would prove little.
  expect(missing(tally, '2').filter((id) => !rare.has(id))).toEqual([])
  expect(missing(tally, '4').filter((id) => !rare.has(id))).toEqual([])
})

test('the check detects a refused request during which a row changed', async () => {
  const changedBehind = /a 4\d\d that changed rows: UPDATE merchants/
  let isOver = false
  const running = fuzzer.run({ seed: 1, count: 100, stopsAt: changedBehind }).finally(() => {
    isOver = true
  })
  while (!isOver) {
    await sql.query('update merchants set name = name')
    await sleep(betweenUpdatesMs)
  }
  const { deviations } = await running
  expect(deviations.join('\n')).toMatch(changedBehind)
})

test('the check detects a failed statement', async () => {
  await sql.query(`create function fail() returns trigger language plpgsql as $$
    begin raise exception 'broken on purpose'; end $$`)
  await sql.query(`create trigger fail before update on merchants
    for each row execute function fail()`)
  const { deviations } = await fuzzer.run({ seed: 1, count: 400, stopsAt: /^500/ })
  expect(deviations.filter((found) => found.startsWith('500'))).not.toEqual([])
  expect(fuzzer.server.log()).toContain('broken on purpose')
})

/**
 * Operations that need a signed message, a processor that was just set, an existing delivery, or a payment
 * that has waited for too long.
 */
const rare = new Set<string>([
  'receiveProcessorMessage',
  'retrieveProcessor',
  'removeProcessor',
  'resolvePayment',
  'retrieveWebhookDelivery',
  'retryWebhookDelivery',
])

/** Operations that never answered with a status of this class. */
function missing(tally: Tally, firstDigit: string): string[] {
  return allOperations
    .map((operation) => operation.id)
    .filter((id) => !Object.keys(tally).some((name) => name.startsWith(`${id} ${firstDigit}`)))
}
