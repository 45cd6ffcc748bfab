import { afterAll, beforeAll, expect, test } from 'vitest'
import { hedge, startHedge } from '../cli/hedge.ts'
import { keys } from '../faults/harness/world/fleet.ts'
import { apiClient, untilAdmitted } from '../support/http/api.ts'
import { type Receiver, startReceiver } from '../support/http/receiver.ts'
import { until } from '../support/until.ts'
import { blockPhase, waitsForLock } from './blocking.ts'
import { type Cell, startCell } from './cells.ts'

// Changes that are made while a merchant moves, at the worst time.

let a: Cell
let b: Cell
let receiver: Receiver
let merchant: string

beforeAll(async () => {
  receiver = await startReceiver()
  ;[a, b] = await Promise.all([startCell('cell-a', keys), startCell('cell-b')])
  merchant = (await a.sql.query('select id from merchants'))[0].id
})

afterAll(async () => {
  await Promise.all([a, b, receiver].map((part) => part?.close()))
})

const move = () => [
  ...['merchants', 'move', merchant],
  ...['--from', a.database.url, '--to', b.database.url],
]
const api = () => apiClient(a.server.url, keys.secretKey)

test('rows that are deleted with their parents at the target are not counted any more', async () => {
  const endpoint = await untilAdmitted(() =>
    api()('POST', '/v1/webhooks/endpoints', { body: { url: receiver.url } }),
  )
  for (let n = 0; n < 3; n++) {
    const body = { endpoint_id: endpoint.body.id }
    expect((await api()('POST', '/v1/webhooks/test', { body })).status).toBeLessThan(300)
  }
  await until('the messages are delivered', async () => {
    const attempts = await a.sql.query('select from webhook_attempts')
    return attempts.length === 3
  })
  const running = await blockPhase(a, 'announced', async () => {
    const { ended } = startHedge(move())
    await until('the command waits for the change of the phase', () =>
      waitsForLock(a, 'merchant_moves'),
    )
    // As if the changes of the attempts were recorded too late: only that of the delivery is.
    await a.sql.query('alter table webhook_attempts disable trigger user')
    await a.sql.query(
      'delete from webhook_deliveries where id = (select min(id) from webhook_deliveries)',
    )
    await a.sql.query('alter table webhook_attempts enable trigger user')
    return { ended }
  })
  const moved = await running.ended
  expect(moved, moved.stderr).toMatchObject({ code: 0 })
  expect(await b.sql.query('select from webhook_attempts')).toHaveLength(2)
  const cleaned = await hedge([...move().slice(0, 5), '--clean'])
  expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 })
})
