import { beforeAll, describe, expect, test } from 'vitest'
import { holdsCardNumber } from '../../../packages/server/src/domain/card-number.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant, createMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()

/** The id of one object of each kind, by the path of its list. */
type Made = Record<(typeof paths)[number], string>

const paths = [
  '/v1/payments',
  '/v1/cancellations',
  '/v1/webhooks/endpoints',
  '/v1/webhooks/deliveries',
  '/v1/auth/api-keys',
  '/v1/audit_log',
  '/v1/events',
] as const

/** The cursor as an answer shows it. By chance, an id can have the digits of a card number. */
const shown = (cursor: string) =>
  holdsCardNumber(cursor) ? '(digits that may be the number of a card)' : JSON.stringify(cursor)

let mine: Made
let others: Made[]
let api: Api

async function makeOneOfEach(by: Api): Promise<Made> {
  const url = 'https://receiver.example.com/hooks'
  await by('POST', '/v1/webhooks/endpoints', { body: { url } })
  await by('POST', '/v1/cancellations', { body: { payment_ids: ['pay_none'] } })
  await createPayment(by)
  const ids = paths.map(async (path) => {
    const newest = await until(`there is one in ${path}`, async () => {
      const { body } = await by('GET', `${path}?limit=1`)
      return body.data[0]?.id as string | undefined
    })
    return [path, newest]
  })
  return Object.fromEntries(await Promise.all(ids))
}

beforeAll(async () => {
  const merchant = await createLiveMerchant(fixture)
  api = merchant.test
  mine = await makeOneOfEach(api)
  const another = await createMerchant(fixture)
  others = [await makeOneOfEach(merchant.live), await makeOneOfEach(another.test)]
})

describe.each(['starting_after', 'ending_before'])('%s', (name) => {
  test.each(paths)('%s accepts the id of one of its objects', async (path) => {
    const { status } = await api('GET', `${path}?${name}=${mine[path]}`)
    expect(status).toBe(200)
  })

  test.each(paths)('%s refuses an id that is not one of its objects', async (path) => {
    const [prefix = ''] = mine[path].split('_')
    const wrong = [
      `${prefix}_nope`,
      `${prefix}_0`,
      `${prefix}_4242424242424242`,
      `${prefix}_zzzzzzzzzzzzzzzzzzzzzzzzzz`,
      `${mine[path]}0`,
      mine[path].slice(0, -1),
      mine[path].toUpperCase(),
      ...paths.filter((each) => each !== path).map((each) => mine[each]),
      ...others.map((made) => made[path]),
    ]
    for (const cursor of wrong) {
      const { status, body } = await api('GET', `${path}?${name}=${cursor}`)
      expect([status, body.error?.code], cursor).toEqual([400, 'invalid_request'])
      expect(body.error.details, cursor).toMatchObject({ field: name })
      expect(body.error.details.received).toBe(shown(cursor))
    }
  })

  test('a timeline refuses an event of another payment', async () => {
    const payment = await createPayment(api)
    const path = `/v1/payments/${payment.id}/events`
    const { body } = await api('GET', path)
    const [{ id }] = body.data
    expect((await api('GET', `${path}?${name}=${id}`)).status).toBe(200)
    const later = `${id.slice(0, -1)}2`
    for (const cursor of [later, `${id.slice(0, -4)}zzzz`, mine['/v1/events'], 'evt_nope']) {
      expect((await api('GET', `${path}?${name}=${cursor}`)).status, cursor).toBe(400)
    }
  })
})

test('the results of a bulk cancellation refuse an id that is not one of its payments', async () => {
  const id = mine['/v1/cancellations']
  const page = (cursor: string) =>
    api('GET', `/v1/cancellations/${id}/results?starting_after=${cursor}`)
  expect((await page('pay_none')).status).toBe(200)
  for (const cursor of ['pay_nope', 'nope', mine['/v1/payments']]) {
    expect((await page(cursor)).status, cursor).toBe(400)
  }
})

// A client that follows a quiet list uses the newest object that it has seen as its cursor.
test.each([
  ['/v1/webhooks/deliveries', 'webhook_deliveries', 31],
  ['/v1/audit_log', 'audit_log', 401],
] as const)(
  '%s accepts the id of an object that retention has deleted',
  async (path, table, days) => {
    const [prefix] = mine[path].split('_')
    const old = await fixture.sql.query(
      `select $1 || '_' || hedge_time_text(now() - make_interval(days => $2)) || repeat('0', 14) as id`,
      [prefix, days],
    )
    const [{ id }] = old
    const [kept] = await fixture.sql.query(`select 1 from ${table} where id = $1`, [id])
    expect(kept).toBeUndefined()
    const { status, body } = await api('GET', `${path}?ending_before=${id}&limit=100`)
    expect(status).toBe(200)
    expect(body.data.map((item: { id: string }) => item.id)).toContain(mine[path])
    expect((await api('GET', `${path}?starting_after=${id}`)).body.data).toEqual([])
  },
)
