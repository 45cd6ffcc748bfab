import { openApiDocument } from '@hedgepayments/contract/openapi'
import type { HedgePayments } from '@hedgepayments/node'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Session } from '../session.ts'
import { type ApiDocument, loadDocument } from './document.ts'
import { assignFields, parseField } from './fields.ts'
import { findById, findByPath } from './match.ts'

let document: ApiDocument

beforeAll(async () => {
  const fetch = async () => Response.json(openApiDocument())
  const hedge = { baseUrl: 'http://127.0.0.1:4000' } as HedgePayments
  document = await loadDocument({ hedge, fetch } as unknown as Session)
})

const assign = (id: string, ...fields: string[]) =>
  assignFields(document, findById(document, id).operation, fields.map(parseField))

describe('the operation of a request', () => {
  test.each([
    ['GET', '/v1/payments', 'listPayments', {}],
    ['GET', '/v1/payments/pay_1', 'retrievePayment', { id: 'pay_1' }],
    ['GET', '/v1/payments/{id}', 'retrievePayment', {}],
    ['POST', '/v1/payments/pay_1/cancel', 'cancelPayment', { id: 'pay_1' }],
    ['POST', '/v1/payments/cancel', 'cancelPaymentByIdempotencyKey', {}],
    ['GET', '/v1/payments/a%2Fb', 'retrievePayment', { id: 'a/b' }],
    ['GET', '/v1/events/stream', 'streamEvents', {}],
  ])('%s %s is %s', (method, path, id, pathValues) => {
    const found = findByPath(document, method, path)
    expect({ id: found.operation.id, pathValues: found.pathValues }).toEqual({ id, pathValues })
  })

  test('a wrong method names the methods of the path', () => {
    expect(() => findByPath(document, 'PUT', '/v1/webhooks/endpoints/x')).toThrow(
      '/v1/webhooks/endpoints/{id} has no PUT. It has GET, PATCH, DELETE.',
    )
  })

  test.each([
    ['GET', '/payments', 'listPayments'],
    ['GET', '/v1/paymets', 'listPayments'],
    ['POST', 'v1/payments/pay_1/cancle', 'cancelPayment'],
    ['GET', '/v1/merchants/merch_1/balances', 'retrieveBalance'],
  ])('%s %s suggests %s first', (method, path, id) => {
    const refuse = () => findByPath(document, method, path)
    expect(refuse).toThrow(expect.objectContaining({ hint: expect.stringMatching(`^.*\n.*${id}`) }))
  })

  test('an operation id is found in any case, and a wrong one gets suggestions', () => {
    expect(findById(document, 'CANCELpayment').operation.path).toBe('/v1/payments/{id}/cancel')
    expect(() => findById(document, 'cancelPaymnt')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('(cancelPayment)') }),
    )
  })
})

describe('the fields of a request', () => {
  test('go into path, query and body, in the types of the document', () => {
    expect(assign('refundPayment', 'id=pay_1', 'amount=500', 'reason=5', 'metadata[a]=1')).toEqual({
      pathValues: { id: 'pay_1' },
      query: [],
      body: { amount: 500, reason: '5', metadata: { a: '1' } },
    })
    const { query, body } = assign('listPayments', 'limit=5', 'created_at[gte]=2024-06-15')
    expect(query.map(({ name, value }) => [name, value])).toEqual([
      ['limit', '5'],
      ['created_at[gte]', '2024-06-15'],
    ])
    expect(body).toBeUndefined()
  })

  test('may be lists, nested objects, booleans and null', () => {
    const { body } = assign(
      'createCancellation',
      ...['payment_ids=pay_1', 'payment_ids[]=pay_2', 'dry_run=true', 'reason=null'],
      ...['filter[customer_email]=a=b', 'filter[metadata][a]=1', 'filter[status]=pending'],
    )
    expect(body).toEqual({
      payment_ids: ['pay_1', 'pay_2'],
      dry_run: true,
      reason: null,
      filter: { customer_email: 'a=b', metadata: { a: '1' }, status: ['pending'] },
    })
  })

  test('are left to the server if a value does not fit, or a field of a body is unknown', () => {
    const { body } = assign('createPayment', 'amount=9.5x', 'colour=red', '__proto__=x')
    expect(JSON.stringify(body)).toBe('{"amount":"9.5x","colour":"red","__proto__":"x"}')
  })

  test('are refused if the operation does not have them, or if they are set twice', () => {
    expect(() => assign('retrievePayment', 'amount=5')).toThrow('has no field "amount"')
    expect(() => assign('createPayment', 'amount=5', 'amount=6')).toThrow('amount is set twice')
    expect(() => assign('createPayment', 'metadata=x', 'metadata[a]=6')).toThrow('is set twice')
    expect(() => parseField('amount')).toThrow('Expected key=value')
  })
})
