import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hedge } from '../cli/hedge.ts'
import { apiClient } from '../support/http/api.ts'
import { until } from '../support/until.ts'
import { type Cell, newKeys, startCell } from './cells.ts'
import { hasHaproxy, startHaproxy } from './haproxy.ts'
import { type CellProxy, startProxy } from './proxy.ts'

// A proxy sends each request to the cell of its key: HAProxy with the configuration of docs/cells.md, where the
// machine has it, and the proxy of the other tests.

let cells: Cell[]

beforeAll(async () => {
  cells = await Promise.all([startCell('eu-1'), startCell('eu-2')])
})

afterAll(async () => {
  await Promise.all((cells ?? []).map((cell) => cell.close()))
})

const proxies = {
  'the proxy of the tests': startProxy,
  ...(hasHaproxy && { HAProxy: startHaproxy }),
}

describe.each(Object.entries(proxies))('%s', (_, start) => {
  let proxy: CellProxy

  beforeAll(async () => {
    proxy = await start(Object.fromEntries(cells.map(({ name, server }) => [name, server.url])))
  })

  afterAll(async () => {
    await proxy?.close()
  })

  const statusOf = async (key: string, path = '/v1/payments') =>
    (await apiClient(proxy.url, key)('GET', path)).status

  test('sends each key to its cell, by the lines of hedge merchants map', async () => {
    for (const { name, database } of cells) {
      const args = ['merchants', 'map', '--cell', name, '--database', database.url]
      const { code, stdout } = await hedge(args)
      expect(code).toBe(0)
      await proxy.load(stdout)
    }
    for (const { server, sql } of cells) {
      const [{ id }] = await sql.query('select id from merchants')
      expect(await statusOf(server.secretKey, `/v1/merchants/${id}`)).toBe(200)
    }
  })

  test('sends a key without a line to the first cell, which refuses it', async () => {
    expect(await statusOf(newKeys().secretKey)).toBe(401)
  })

  test('takes the line of a merchant that has moved', async () => {
    const [first, second] = cells
    const key = first?.server.secretKey ?? ''
    const hash = createHash('sha256').update(key).digest('hex')
    await proxy.load(`${hash} ${second?.name}`)
    // The other cell does not know the key, because the merchant has not moved in this test.
    await until('the other cell answers', async () => (await statusOf(key)) === 401)
    await proxy.load(`${hash} ${first?.name}`)
    await until('the first cell answers', async () => (await statusOf(key)) === 200)
  })
})
