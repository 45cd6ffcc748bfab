import { expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()

interface Created {
  readonly id: string
  readonly created_at: string
}

async function isCounted(): Promise<boolean> {
  const [row] = await fixture.sql.query(
    `select s.position >= (select max(position) from events where merchant_id = $1) as done
     from stats_progress s`,
    [fixture.owner.merchant_id],
  )
  return row.done
}

/** Lists payments and events of a time by the API, and compares them with all payments. */
async function checkBounds(payments: readonly Created[], at: string): Promise<void> {
  for (const bound of ['gte', 'gt', 'lte', 'lt'] as const) {
    const holds = {
      gte: (time: string) => time >= at,
      gt: (time: string) => time > at,
      lte: (time: string) => time <= at,
      lt: (time: string) => time < at,
    }[bound]
    const wanted = payments.filter(({ created_at: time }) => holds(time)).map(({ id }) => id)
    const listed = await fixture.api('GET', `/v1/payments?limit=100&created_at[${bound}]=${at}`)
    const ids = listed.body.data.map(({ id }: Created) => id)
    expect(ids, `payments ${bound} ${at}`).toEqual(wanted.toSorted().toReversed())
    const query = `type=payment.created&limit=100&created[${bound}]=${at}`
    const events = await fixture.api('GET', `/v1/events?${query}`)
    const subjects = events.body.data.map(({ data }: { data: Created }) => data.id)
    expect(subjects.toSorted(), `events ${bound} ${at}`).toEqual(wanted.toSorted())
  }
}

test('a filter by time finds all payments and events with a test clock, and after a clock was set back', async () => {
  const payments: Created[] = []
  const create = async () => payments.push((await createPayment(fixture.api)) as Created)
  await create()
  // A server whose clock was three hours ahead: later ids follow its ids, their times do not.
  const ahead = await insertPayments(fixture.sql, {
    owner: fixture.owner,
    count: 3,
    ageMs: -3 * 3_600_000,
  })
  const rows = await fixture.sql.query<Created>(
    `select id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at
     from payments where id = any($1)`,
    [ahead],
  )
  payments.push(...rows)
  await create()
  await advance(fixture.api, 40 * 86_400)
  await create()
  await create()
  await advance(fixture.api, 3_600)
  await create()
  const times = [...new Set(payments.map(({ created_at: at }) => at))]
  for (const at of times) await checkBounds(payments, at)
  await until('the events are counted', isCounted, { patience: 3 })
  for (const at of times) await checkBounds(payments, at)
})
