import { expect, test } from 'vitest'
import { changeTriggers } from '../support/databases/nodes.ts'
import { insertPayments, lockPayments, sendToWait } from '../support/databases/sql.ts'
import { withServers } from '../support/servers/servers.ts'

const fixture = withServers(1)

test('if the database refuses one cancel, the other cancels of its batch succeed', async () => {
  // No valid request causes this today, but a future constraint or a damaged row could.
  await changeTriggers(
    fixture.sql,
    `create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'damaged' using errcode = 'check_violation'; end $$`,
    `create trigger refuse before update on payments
    for each row when (old.customer_id = 'damaged') execute function refuse()`,
  )
  const { owner, sql } = fixture
  const early = await insertPayments(sql, { owner, count: 2, ageMs: 90_000 })
  const good = await insertPayments(sql, { owner, count: 60 })
  const bad = await insertPayments(sql, { owner, count: 2, ageMs: 70_000, customerId: 'damaged' })
  const letGo = await lockPayments(sql)
  const cancel = (id: string) => fixture.api('POST', `/v1/payments/${id}/cancel`)
  const first = await sendToWait(
    sql,
    early.map((id) => () => cancel(id)),
  )
  // While these cancels wait, all others gather in one batch.
  const ids = [...good.slice(0, 30), ...bad, ...good.slice(30)]
  const running = ids.map(cancel)
  await fixture.api('GET', '/v1/payments?limit=1')
  await letGo()
  const answers = await Promise.all([...first, ...running])
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 500)).toHaveLength(2)
  expect(answers.filter((_, i) => statuses[i] === 200)).toHaveLength(62)
  expect(statuses.slice(32, 34)).toEqual([500, 500])
})
