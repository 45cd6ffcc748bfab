import { describe, expect, test } from 'vitest'
import * as sdk from '../../../../packages/node/src/index.ts'
import { refusal, startWire, testSecret } from '../wire.ts'

async function errorFor(reply: Parameters<typeof startWire>[0]): Promise<sdk.HedgeError> {
  const wire = await startWire(reply)
  const error = await wire
    .client({ maxRetries: 0 })
    .payments.cancel('pay_1')
    .catch((thrown: unknown) => thrown)
  if (!(error instanceof sdk.HedgeError)) throw new Error('not a HedgeError')
  return error
}

const status = { payment_id: 'pay_1', current_status: 'succeeded' }

describe('the class of an error', () => {
  test.each([
    [400, 'invalid_request', sdk.InvalidRequestError, undefined],
    [401, 'unauthorized', sdk.AuthenticationError, undefined],
    [403, 'insufficient_permissions', sdk.PermissionError, undefined],
    [404, 'not_found', sdk.NotFoundError, undefined],
    [405, 'method_not_allowed', sdk.InvalidRequestError, undefined],
    [409, 'idempotency_key_in_use', sdk.IdempotencyError, undefined],
    [409, 'idempotency_key_reused', sdk.IdempotencyError, undefined],
    [412, 'payment_not_cancelable', sdk.PaymentNotCancelableError, status],
    [412, 'payment_not_refundable', sdk.PaymentNotRefundableError, status],
    [412, 'precondition_failed', sdk.PreconditionFailedError, undefined],
    [413, 'payload_too_large', sdk.InvalidRequestError, undefined],
    [415, 'unsupported_media_type', sdk.InvalidRequestError, undefined],
    [422, 'invalid_amount', sdk.InvalidRequestError, undefined],
    [422, 'invalid_currency', sdk.InvalidRequestError, undefined],
    [422, 'refund_amount_exceeded', sdk.RefundAmountExceededError, undefined],
    [429, 'rate_limit_exceeded', sdk.RateLimitError, undefined],
    [500, 'internal_error', sdk.ServerError, undefined],
    [502, 'processor_unavailable', sdk.ProcessorUnavailableError, undefined],
    [503, 'service_unavailable', sdk.ServerError, undefined],
  ])('matches %i %s', async (httpStatus, code, Class, details) => {
    const error = await errorFor(refusal(httpStatus, code, { details }))
    expect(error.constructor).toBe(Class)
    expect(error).toMatchObject({
      name: Class.name,
      message:
        code === 'idempotency_key_in_use'
          ? expect.stringMatching(/^The outcome is unknown: .*about idempotency_key_in_use$/)
          : `about ${code}`,
      code,
      status: httpStatus,
      requestId: 'req_1',
    })
    expect(error.details).toEqual(details)
  })

  test.each([
    [401, sdk.AuthenticationError],
    [409, sdk.ConflictError],
    [418, sdk.InvalidRequestError],
    [412, sdk.ApiError],
    [507, sdk.ServerError],
  ])('is chosen by the status if the code is unknown: %i', async (httpStatus, Class) => {
    const error = await errorFor(refusal(httpStatus, 'constructor'))
    expect(error.constructor).toBe(Class)
    expect(error.code).toBe('constructor')
  })

  test('with typed details is used only if the details are present', async () => {
    const error = await errorFor(refusal(412, 'payment_not_cancelable', { details: null }))
    expect(error).not.toBeInstanceOf(sdk.PaymentNotCancelableError)
    expect(error.code).toBe('payment_not_cancelable')
  })
})

describe('an error for an answer of another server', () => {
  test('has its class by the status, and a shortened page', async () => {
    const body = `<html>\n  <h1>Bad   Gateway</h1>${'x'.repeat(10_000)}`
    const error = await errorFor({ status: 502, headers: { 'content-type': 'text/html' }, body })
    expect(error).toBeInstanceOf(sdk.ServerError)
    expect(error.code).toBe('unexpected_response')
    expect(error.message).toContain('HTTP 502')
    expect(error.message).toContain('<html> <h1>Bad Gateway</h1>')
    expect(error.message.length).toBeLessThan(300)
  })

  test('shows no key if the page repeats the request', async () => {
    const error = await errorFor({ status: 400, body: `you sent Bearer ${testSecret}` })
    expect(error.message).toContain('sk_test_…')
    expect(JSON.stringify(error) + String(error)).not.toContain(testSecret)
  })

  test.each(['', 'null', '[]', '{"error":"no"}', '{"error":{"code":7}}', '{"error":'])(
    'has its class by the status for the body %j',
    async (body) => {
      const error = await errorFor({ status: 404, body })
      expect(error).toBeInstanceOf(sdk.NotFoundError)
      expect(error.code).toBe('unexpected_response')
    },
  )
})

describe('retryAfter', () => {
  test('is read from the header, in seconds or as a date', async () => {
    const limited = (value: string) =>
      errorFor(refusal(429, 'rate_limit_exceeded', { headers: { 'retry-after': value } }))
    expect(await limited('7')).toMatchObject({ retryAfter: 7 })
    const { retryAfter } = (await limited(
      new Date(Date.now() + 100_000).toUTCString(),
    )) as sdk.RateLimitError
    expect(retryAfter).toBeGreaterThan(30)
    expect(retryAfter).toBeLessThanOrEqual(100)
  })

  test('is read from the details otherwise, or is undefined', async () => {
    const details = { retry_after: 3 }
    const told = await errorFor(refusal(429, 'rate_limit_exceeded', { details }))
    expect(told).toMatchObject({ retryAfter: 3 })
    expect(await errorFor({ status: 429, body: '' })).toMatchObject({ retryAfter: undefined })
  })
})
