import { operations } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import { PaymentNotCancelableError } from '../../../../packages/node/src/index.ts'
import { calls } from '../calls.ts'
import { refusal, startWire } from '../wire.ts'

const list = { object: 'list', data: [], has_more: false, url: '/' }

test.each(calls)('%s sends its request', async (_name, call, line, body) => {
  const wire = await startWire({ body: list })
  await call(wire.client())
  const request = wire.requests[0]
  expect(`${request?.method} ${request?.url}`).toBe(line)
  expect(request?.body).toBe(body === undefined ? '' : JSON.stringify(body))
})

test('every operation of the contract has an SDK method', () => {
  const lines = new Set(calls.map(([, , line]) => line.replace(/\?.*/, '')))
  const isCalled = ({ method, path }: { method: string; path: string }) => {
    const shape = new RegExp(`^${method} ${path.replace(/:\w+|\{\w+\}/g, '[a-z]+_1')}$`)
    return [...lines].some((line) => shape.test(line))
  }
  const missing = Object.entries(operations).filter(([, operation]) => !isCalled(operation))
  // The stream has its own tests. Messages of processors come from processors, not from the SDK.
  expect(missing.map(([name]) => name).sort()).toEqual(['receiveProcessorMessage', 'streamEvents'])
})

describe('ensureCanceled', () => {
  const notCancelable = (status: string) =>
    refusal(412, 'payment_not_cancelable', {
      details: { payment_id: 'pay_1', current_status: status, cancelable_statuses: [] },
    })

  test('cancels a payment that can be canceled', async () => {
    const wire = await startWire({ body: { id: 'pay_1', status: 'canceled' } })
    const canceled = await wire.client().payments.ensureCanceled('pay_1', { reason: 'x' })
    expect(canceled.status).toBe('canceled')
    expect(wire.requests).toHaveLength(1)
  })

  test('returns a payment that is already canceled, read without the key and the ETag', async () => {
    const body = { id: 'pay_1', status: 'canceled' }
    const wire = await startWire(notCancelable('canceled'), { body })
    const options = { idempotencyKey: 'k', ifMatch: '"v1"', headers: { 'x-trace': 't' } }
    const call = wire.client().payments.ensureCanceled('pay_1', {}, options)
    expect((await call.withResponse()).data).toEqual(body)
    const read = wire.requests[1]
    expect(`${read?.method} ${read?.url}`).toBe('GET /v1/payments/pay_1')
    expect(read?.headers).toMatchObject({ 'x-trace': 't' })
    expect(read?.headers).not.toHaveProperty('if-match')
    expect(read?.headers).not.toHaveProperty('idempotency-key')
  })

  test.each(['succeeded', 'processing', 'failed'])(
    'fails for a payment that is %s',
    async (status) => {
      const wire = await startWire(notCancelable(status))
      const error = await wire
        .client()
        .payments.ensureCanceled('pay_1')
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(PaymentNotCancelableError)
      expect(error).toMatchObject({ details: { current_status: status } })
    },
  )

  test('fails for a stale ETag', async () => {
    const wire = await startWire(refusal(412, 'precondition_failed'))
    const call = wire.client().payments.ensureCanceled('pay_1', {}, { ifMatch: '"v1"' })
    await expect(call).rejects.toMatchObject({ code: 'precondition_failed' })
  })
})
