import { describe, expect, test } from 'vitest'
import { type HedgePayments, InvalidResponseError } from '../../../../packages/node/src/index.ts'
import { rejection, startWire } from '../wire.ts'

const list = (data: unknown, has_more: unknown = true) => ({
  body: { object: 'list', data, has_more, url: '/' },
})

async function readAll(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const item of items) found.push(item)
  return found
}

const notLists: readonly [string, object][] = [
  ['a payment', { body: { id: 'pay_1', object: 'payment' } }],
  ['no data', list(undefined)],
  ['data that is an object', list({ 0: { id: 'pay_1' } })],
  ['no has_more', { body: { object: 'list', data: [], url: '/' } }],
  ['an array', { body: [{ id: 'pay_1' }] }],
]

describe.each(notLists)('an answer that is not a list: %s', (_name, reply) => {
  test('fails a loop and a call with an InvalidResponseError that asks about baseUrl', async () => {
    const wire = await startWire(reply, reply)
    const hedge = wire.client()
    for (const call of [readAll(hedge.payments.list()), hedge.payments.list()]) {
      const error = await rejection(call)
      expect(error).toBeInstanceOf(InvalidResponseError)
      expect(error).toMatchObject({ code: 'unexpected_response', status: 200 })
      expect(String(error)).toContain('baseUrl')
    }
  })
})

const lists: readonly [string, (hedge: HedgePayments) => AsyncIterable<unknown>][] = [
  ['payments', (hedge) => hedge.payments.list()],
  ['attempts', (hedge) => hedge.payments.attempts('pay_1')],
  ['results', (hedge) => hedge.cancellations.results('can_1')],
]

describe.each(lists)('a list of %s', (_name, read) => {
  test.each([
    ['items without a cursor', [{}]],
    ['items that are null', [null]],
    ['items that are texts', ['pay_1']],
  ])('with %s and further pages ends with an error, not with an endless loop', async (_, data) => {
    const wire = await startWire(list(data), list(data), list(data))
    expect(await rejection(readAll(read(wire.client())))).toBeInstanceOf(InvalidResponseError)
  })

  test('whose server ignores the cursor ends with an error, not with an endless loop', async () => {
    const page = list([{ id: 'pay_1', number: 1, payment_id: 'pay_1' }])
    const wire = await startWire(page, page, page)
    const error = await rejection(readAll(read(wire.client())))
    expect(error).toBeInstanceOf(InvalidResponseError)
    expect(String(error)).toContain('do not continue')
    expect(wire.requests).toHaveLength(2)
  })
})

test('a backwards list ends with an error if its server ignores the cursor', async () => {
  const page = list([{ id: 'pay_1' }])
  const wire = await startWire(page, page, page)
  const items = wire.client().payments.list({ ending_before: 'pay_0' })
  expect(await rejection(readAll(items))).toBeInstanceOf(InvalidResponseError)
  expect(wire.requests).toHaveLength(2)
})

test('a call that is answered with an array is an InvalidResponseError', async () => {
  const wire = await startWire({ body: [] })
  expect(await rejection(wire.client().payments.retrieve('pay_1'))).toBeInstanceOf(
    InvalidResponseError,
  )
})
