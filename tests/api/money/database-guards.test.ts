import { canMove, firstStatus, type PaymentStatus, paymentStatuses } from '@hedgepayments/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BackgroundWork, startWork } from '../../faults/leases/paused-work.ts'
import { clusterUrl } from '../../support/databases/cluster.ts'
import { disableGuards, enableGuards, type Sql } from '../../support/databases/sql.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { until } from '../../support/until.ts'

let own: OwnApp
/** The server's workers for payments. */
let work: BackgroundWork
let api: Api
let sql: Sql
/** A captured and partly refunded payment, with a row in every table of money. */
let paid: string

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  work = startWork(own.databaseUrl)
  api = own.api
  sql = own.sql
  paid = (await createPaid(api)).id
  await api('POST', `/v1/payments/${paid}/refund`, { body: { amount: 1 } })
  await until('the refund is answered', async () => {
    const { body } = await api('GET', `/v1/payments/${paid}`)
    return body.refunds[0]?.status === 'succeeded'
  })
})

afterAll(async () => {
  await work?.stop()
  await own?.close()
})

/** The error of the statements, run in a transaction that is rolled back. `null`: no error. */
async function errorOf(...statements: string[]): Promise<string | null> {
  const client = await sql.connect()
  try {
    await client.query('begin')
    for (const statement of statements) await client.query(statement)
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    await client.query('rollback')
    client.release()
  }
}

const isCanceled = (status: PaymentStatus) => (status === 'canceled' ? 'now()' : 'null')

describe('the database', () => {
  test('allows only the steps between statuses that the contract lists', async () => {
    const { id } = await createPayment(api)
    for (const from of paymentStatuses) {
      for (const to of paymentStatuses) {
        const error = await errorOf(
          ...disableGuards,
          `update payments set status = '${from}', canceled_at = ${isCanceled(from)}
           where id = '${id}'`,
          ...enableGuards,
          `update payments set status = '${to}', canceled_at = ${isCanceled(to)}
           where id = '${id}'`,
        )
        const isAllowed = from === to || canMove({ from, to })
        const expected = isAllowed ? null : `payment ${id} cannot go from ${from} to ${to}`
        expect(error).toBe(expected)
      }
    }
  })

  test('refuses a new payment with a status other than pending', async () => {
    const { id } = await createPayment(api)
    const [{ columns }] = await sql.query(
      `select string_agg(column_name, ', ') as columns from information_schema.columns
       where table_name = 'payments' and column_name not in ('id', 'status', 'canceled_at')`,
    )
    for (const status of paymentStatuses) {
      const error = await errorOf(
        `insert into payments (id, status, canceled_at, ${columns})
         select 'pay_copy', '${status}', ${isCanceled(status)}, ${columns}
         from payments where id = '${id}'`,
      )
      const expected = status === firstStatus ? null : `payment pay_copy cannot begin as ${status}`
      expect(error).toBe(expected)
    }
  })

  test('refuses a whole statement that moves many payments, if one of the steps is not allowed', async () => {
    const { id } = await createPayment(api)
    const move = `update payments set status = 'initiated' where id in ('${id}', '${paid}')`
    // A coordinator does not pass on which table and constraint a worker has named.
    const named = clusterUrl ? {} : { table: 'payments', constraint: 'payments_transition' }
    await expect(sql.query(move)).rejects.toMatchObject({ code: '23514', ...named })
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
  })
})

describe('in the records of money and the audit log', () => {
  const changes: [what: string, statement: string][] = [
    ['the amount of a payment', 'update payments set amount = amount + 1'],
    ['the currency of a payment', `update payments set currency = 'EUR'`],
    ['the merchant of a payment', `update payments set merchant_id = 'merch_1'`],
    ['the time a payment was created', 'update payments set created_at = now()'],
    ['a payment, by deleting it', 'delete from payments'],
    ['all payments', 'truncate payments cascade'],
    ['an event', `update events set type = 'payment.created'`],
    ['the reason of an event', `update events set reason = 'another'`],
    ['an event, by deleting it', 'delete from events'],
    ['all events', 'truncate events'],
    ['the result of a call to the processor', `update payment_attempts set outcome = 'declined'`],
    ['the key of a call', `update payment_attempts set processor_key = 'another'`],
    ['a call, by deleting it', 'delete from payment_attempts'],
    ['all calls', 'truncate payment_attempts'],
    ['the amount of a refund', 'update refunds set amount = amount + 1'],
    [
      'a refund that was paid, to pending',
      `update refunds set status = 'pending', answered_sequence = null`,
    ],
    ['a refund, by deleting it', 'delete from refunds'],
    ['all refunds', 'truncate refunds'],
    ['a transfer of the ledger', 'update ledger_transfers set amount = amount + 1'],
    ['a transfer, by deleting it', 'delete from ledger_transfers'],
    ['the whole ledger', 'truncate ledger_transfers'],
    ['an entry of the audit log', `update audit_log set action = 'another'`],
    ['an entry of the audit log, by deleting it', 'delete from audit_log'],
    ['the whole audit log', 'truncate audit_log'],
  ]
  test.each(changes)('%s cannot be changed', async (_, statement) => {
    expect(await errorOf(statement)).toMatch(
      // The last one is said by a cluster, where the merchant decides on the node of a row.
      /is refused: its rows are kept|append-only|violates foreign key|modifying the partition value/,
    )
  })

  test('refunds of a payment are never negative, and never exceed the amount', async () => {
    for (const refunded of ['amount + 1', '-1']) {
      const change = `update payments set refunded_amount = ${refunded} where id = '${paid}'`
      expect(await errorOf(change)).toMatch(/violates check constraint/)
    }
  })

  test('a call gets its result once, and an interrupted call can still get it', async () => {
    const result = (outcome: string, code: string) => `update payment_attempts
      set outcome = '${outcome}', code = ${code}, ended_at = now() where payment_id = '${paid}'
        and number = 99`
    const begin = `insert into payment_attempts (merchant_id, livemode, payment_id, number, kind,
        processor, processor_key, actor_type, started_at)
      select merchant_id, livemode, id, 99, 'capture', 'sandbox', 'key', 'system', now()
      from payments where id = '${paid}'`
    const interrupted = result('unknown', `'interrupted'`)
    const captured = result('captured', 'null')
    expect(await errorOf(begin, captured)).toBeNull()
    expect(await errorOf(begin, interrupted, captured)).toBeNull()
    expect(await errorOf(begin, captured, interrupted)).toMatch(/is refused/)
    expect(await errorOf(begin, result('unknown', `'timeout'`), captured)).toMatch(/is refused/)
  })

  test('a paid refund can still fail, once', async () => {
    const to = (status: string, code: string) => `update refunds set status = '${status}',
      failure_code = ${code} where payment_id = '${paid}'`
    const failed = to('failed', `'returned'`)
    expect(await errorOf(failed)).toBeNull()
    expect(await errorOf(failed, to('succeeded', 'null'))).toMatch(/is refused/)
  })
})
