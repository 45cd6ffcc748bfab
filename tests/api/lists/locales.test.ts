import { expect, inject, test } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { createDatabase } from '../../support/databases/postgres.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { limitsNeverReached } from '../../support/servers/own-app.ts'
import { serveApp } from '../../support/servers/serve-app.ts'
import { firstKeys } from '../../support/servers/server.ts'

const payments = 120

/** Locales that sort digits by their number, `z` before `t`, and letters without their case. */
test.each(['und-u-kn-true', 'et', 'en-US'])(
  'lists are in order, in both directions, in a database whose collation is %s',
  async (icuLocale) => {
    const database = await createDatabase(inject('postgresAdminUrl'), { icuLocale })
    const migrating = connect({ url: database.url, onError: () => undefined })
    await migrate(migrating)
    await migrating.close()
    const served = await serveApp({
      databaseUrl: database.url,
      keys: firstKeys,
      limits: limitsNeverReached,
    })
    try {
      await checkLists(apiClient(served.url, firstKeys.secretKey))
    } finally {
      await served.close()
      await database.drop()
    }
  },
)

async function checkLists(api: Api): Promise<void> {
  const created: string[] = []
  for (let n = 0; n < payments; n += 10) {
    const some = Array.from({ length: 10 }, (_, m) =>
      createPayment(api, { customer_id: `Cust ${(n + m) % 2 === 0 ? 'z' : 't'}`, amount: 500 + m }),
    )
    created.push(...(await Promise.all(some)).map(({ id }) => id))
  }
  // JavaScript compares the ids by their bytes.
  const newestFirst = created.toSorted().toReversed()
  await checkOrder(api, '', newestFirst)
  const canceled = newestFirst.slice(30, 60)
  for (const id of canceled)
    expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
  await checkOrder(api, '&status=canceled', canceled)
  const open = newestFirst.filter((id) => !canceled.includes(id))
  await checkOrder(api, '&status=pending,initiated', open)
  await checkOrder(api, `&created_at[gte]=2020-01-01T00:00:00Z`, newestFirst)
  const { body } = await api('GET', '/v1/payments?limit=100&customer_id=Cust z')
  expect(body.data).toHaveLength(payments / 2)
  expect((await api('GET', '/v1/payments?customer_id=cust z')).body.data).toEqual([])
}

/** Pages in both directions show exactly these payments. */
async function checkOrder(api: Api, filter: string, wanted: readonly string[]): Promise<void> {
  const page = async (cursor: string) => {
    const { status, body } = await api('GET', `/v1/payments?limit=17${filter}${cursor}`)
    expect(status, JSON.stringify(body)).toBe(200)
    return { ids: body.data.map(({ id }: { id: string }) => id) as string[], more: body.has_more }
  }
  const down: string[] = []
  for (let more = true, cursor = ''; more; cursor = `&starting_after=${down.at(-1)}`) {
    const found = await page(cursor)
    down.push(...found.ids)
    more = found.more
  }
  expect(down).toEqual(wanted)
  const up: string[] = []
  for (let more = true, cursor = wanted.at(-1); more; cursor = up[0]) {
    const found = await page(`&ending_before=${cursor}`)
    up.unshift(...found.ids)
    more = found.more
  }
  expect(up).toEqual(wanted.slice(0, -1))
}
