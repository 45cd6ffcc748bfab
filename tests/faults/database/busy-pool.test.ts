import { expect, test } from 'vitest'
import { countWaiting } from '../../support/databases/sql.ts'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(1)
/** All connections of requests and workers. Source: `connectionsMax` of the server. */
const connections = 16

test('a cancel with an API key that is not cached succeeds while all connections of requests wait', async () => {
  const busy = await createMerchant(fixture)
  const other = await createMerchant(fixture)
  const { id } = await createPayment(other.test)
  const { body: key } = await other.test('POST', '/v1/auth/api-keys', { body: {} })
  const holder = await fixture.sql.connect()
  try {
    await holder.query('begin')
    await holder.query('select from merchants where id = $1 for update', [busy.id])
    const change = { body: { name: 'Changed' } }
    const waiting = Array.from({ length: connections }, () =>
      busy.test('PATCH', `/v1/merchants/${busy.id}`, change),
    )
    await until('they all wait', async () => (await countWaiting(fixture.sql)) >= connections)
    const fresh = apiClient(fixture.servers[0]?.url ?? '', key.secret_key)
    const canceled = await fresh('POST', `/v1/payments/${id}/cancel`)
    expect([canceled.status, canceled.body.status]).toEqual([200, 'canceled'])
    await holder.query('rollback')
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(
      Array(connections).fill(200),
    )
  } finally {
    holder.release(true)
  }
})
