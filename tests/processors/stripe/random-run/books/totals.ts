import { chanceOf } from '../../../../support/chance.ts'
import { until } from '../../../../support/until.ts'
import { send, type World } from '../world.ts'

/** Sums of the plots and of the payments that they must agree with, by merchant and currency. */
const plots: Readonly<Record<string, string>> = {
  created: `select merchant_id, currency, count(*) as count, sum(amount) as amount
    from payments group by 1, 2`,
  succeeded: `select merchant_id, currency, count(*) as count, sum(captured_amount) as amount
    from payments where captured_amount > 0 and status <> 'failed' group by 1, 2`,
  canceled: `select merchant_id, currency, count(*) as count, sum(amount) as amount
    from payments where status = 'canceled' group by 1, 2`,
  // Of a debit that the bank has returned, the amount that was debited.
  failed: `select merchant_id, currency, count(*) as count,
      sum(case when captured_amount > 0 then captured_amount else amount end) as amount
    from payments where status = 'failed' group by 1, 2`,
  refunded: `select merchant_id, currency, count(*) as count, sum(amount) as amount
    from refunds where status = 'succeeded' group by 1, 2`,
}

const plotted = `select merchant_id, currency, sum(count) as count, sum(amount) as amount
  from hourly_stats where measure = $1 group by 1, 2 having sum(count) <> 0`

interface Sum {
  readonly merchant_id: string
  readonly currency: string
  readonly count: string
  readonly amount: string
}

/** Compares the plots and the balances with the sums of the payments, refunds and disputes. */
export async function findWrongTotals(world: World): Promise<string[]> {
  await until('all events are counted', async () => {
    const [row] = await world.sql.query<{ isDone: boolean }>(
      `select position >= (select max(position) from events) as "isDone" from stats_progress`,
    )
    return row?.isDone
  })
  const problems: string[] = []
  for (const [measure, statement] of Object.entries(plots)) {
    const wanted = sorted(await world.sql.query<Sum>(statement))
    const found = sorted(await world.sql.query<Sum>(plotted, [measure]))
    if (wanted.join() !== found.join()) {
      problems.push(`the plots of ${measure} are ${found}, and the payments ${wanted}`)
    }
  }
  return [...problems, ...(await findWrongBalances(world))]
}

function sorted(sums: readonly Sum[]): string[] {
  const text = (one: Sum) => `${one.merchant_id} ${one.currency} ${one.count} ${one.amount}`
  return sums.map(text).sort()
}

/** The money of each merchant at the processor: captured, without refunds, disputed amounts and fees. */
const owed = `
  with moved as (
    select merchant_id, currency, captured_amount as amount from payments
    union all select merchant_id, currency, -amount from refunds where status <> 'failed'
    union all select d.merchant_id, d.currency, -d.fee - case
        when p.captured_amount = 0 then 0 else d.withdrawn_amount end
      from disputes d join payments p on p.id = d.payment_id
  )
  select merchant_id, currency, sum(amount) as amount from moved
  where merchant_id = $1 group by 1, 2`

interface Money {
  readonly amount: number
  readonly currency: string
}

async function findWrongBalances(world: World): Promise<string[]> {
  const problems: string[] = []
  for (const merchant of world.merchants) {
    const path = `/v1/merchants/${merchant.merchantId}/balance`
    const request = ['GET', path] as [string, string]
    const answer = await send(world, { merchant, chance: chanceOf(1) }, request)
    const { available = [], pending = [], fees = [] } = answer?.body ?? {}
    const all: Money[] = [...available, ...pending, ...fees]
    for (const sum of await world.sql.query<Sum>(owed, [merchant.merchantId])) {
      const own = all.filter(({ currency }) => currency === sum.currency)
      const balance = own.reduce((total, { amount }) => total + amount, 0)
      if (balance !== Number(sum.amount)) {
        problems.push(`${merchant.merchantId} has ${balance} ${sum.currency}, not ${sum.amount}`)
      }
    }
  }
  return problems
}
