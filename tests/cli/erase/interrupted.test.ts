import { expect, test } from 'vitest'
import { insertPayments, lockRows } from '../../support/databases/sql.ts'
import { withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { hedge, startHedge } from '../hedge.ts'

const fixture = withServers(1)
const email = 'interrupted@example.com'
const count = size({ quick: 500, all: 20_000 })
/** Payments of one transaction (`erase-customer.ts`). */
const perStep = 100

test('after kill -9, the next run erases the rest, and every erased payment is in the audit log', async () => {
  const { sql, owner, database } = fixture
  const left = async () => {
    const [row] = await sql.query(
      'select count(*)::integer as left from payments where customer_email = $1',
      [email],
    )
    return row.left
  }
  const ids = await insertPayments(sql, { owner, count, status: 'canceled', email })
  // The run waits for this payment, with the others of its step.
  const locking = await sql.connect()
  await locking.query('begin')
  await lockRows(locking, [ids.at(-1)])
  const args = ['erase', '--customer', email, '--merchant', owner.merchant_id, '--yes', '--json']
  const first = startHedge([...args, '--database', database.url])
  await until('it waits for the last payment', async () => (await left()) <= perStep)
  first.child.kill('SIGKILL')
  await first.ended
  await locking.query('rollback')
  locking.release()
  const before = await left()
  expect(before).toBeGreaterThan(0)

  const second = await hedge([...args, '--database', database.url])
  expect(second, second.stderr).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(second.stdout).rows.payments).toBe(before)
  expect(await left()).toBe(0)
  const [recorded] = await sql.query(
    `select sum((details -> 'rows' ->> 'payments')::integer)::integer as payments from audit_log
     where action = 'customer.erased'`,
  )
  expect(recorded.payments).toBe(count)
})
