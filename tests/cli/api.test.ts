import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createPayment, paymentBody } from '../support/http/api.ts'
import { temporaryFolder } from './folder.ts'
import { hedge } from './hedge.ts'
import { withCommandLine } from './with-server.ts'

const { fixture, server, env, run } = withCommandLine()
const folder = temporaryFolder()

const api = (...args: string[]) => run('api', ...args)

describe('hedge api', () => {
  test('sends a path with its query, and prints the JSON of the answer', async () => {
    const { id } = await createPayment(fixture.api, { metadata: { order: 'a b&c' } })
    const listed = await api('GET', '/v1/payments?limit=1', 'metadata[order]=a b&c')
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(listed.stdout).data).toMatchObject([{ id }])
    const shown = await api('get', `/v1/payments/${id}`)
    expect(JSON.parse(shown.stdout)).toEqual((await fixture.api('GET', `/v1/payments/${id}`)).body)
  })

  test('builds a body from fields, by path or by operation id', async () => {
    const made = await api(
      ...['POST', '/v1/payments', 'amount=9999', 'currency=usd', 'customer_email=a@example.com'],
      ...['metadata[order]=17', 'description=42'],
    )
    const payment = JSON.parse(made.stdout)
    expect(payment).toMatchObject({ amount: 9999, metadata: { order: '17' }, description: '42' })
    const canceled = await api('cancelPayment', `id=${payment.id}`, 'reason=fraud')
    expect(JSON.parse(canceled.stdout)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'fraud',
    })
  })

  test('accepts a body from an option, a file and standard input', async () => {
    const body = JSON.stringify(paymentBody())
    const file = join(folder(), 'payment.json')
    await writeFile(file, body)
    const ended = [
      await api('POST', '/v1/payments', '--data', body),
      await api('POST', '/v1/payments', '-d', `@${file}`),
      await hedge(['api', 'createPayment', '-'], env(), body),
      await hedge(['api', 'createPayment', '--data', '-'], env(), body),
    ]
    for (const { code, stdout } of ended) {
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ object: 'payment', status: 'pending' })
    }
  })

  test('returns the same answer for the same idempotency key, and repeats the call without a key', async () => {
    const args = ['POST', '/v1/payments', '--data', JSON.stringify(paymentBody())]
    const again = [...args, '--idempotency-key', 'api-again']
    const [first, second, third] = [await api(...again), await api(...again), await api(...args)]
    expect(second).toEqual(first)
    expect(JSON.parse(third.stdout).id).not.toBe(JSON.parse(first.stdout).id)
  })

  test('lists the operations', async () => {
    const { stdout } = await api('--list')
    expect(stdout).toMatch(
      /^POST +\/v1\/payments\/\{id\}\/cancel +cancelPayment +Cancel a payment$/m,
    )
    const { data } = JSON.parse((await api('--list', '--json')).stdout)
    expect(data).toContainEqual(expect.objectContaining({ id: 'cancelPayment', method: 'POST' }))
  })

  test('explains an unknown path from the OpenAPI document, and sends nothing', async () => {
    const typo = await api('GET', '/v1/paymets')
    expect(typo).toMatchObject({ code: 2, stdout: '' })
    expect(typo.stderr).toContain('GET /v1/payments  (listPayments)')
    const wrong = await api('DELETE', '/v1/payments/pay_1', '--json')
    expect(wrong.code).toBe(2)
    expect(JSON.parse(wrong.stderr).error.message).toBe(
      '/v1/payments/{id} has no DELETE. It has GET.',
    )
  })
})

describe('the exit code of hedge api', () => {
  test.each([
    { code: 2, status: 400, args: ['POST', '/v1/payments', 'amount=x', 'currency=usd'] },
    { code: 4, status: 404, args: ['GET', '/v1/payments/pay_none'] },
  ])('is $code for status $status', async ({ code, status, args }) => {
    const ended = await api(...args, '--json')
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(JSON.parse(ended.stderr)).toMatchObject({
      error: { status, request_id: expect.stringMatching(/^req_/) },
    })
  })

  test('is 3 for a refusal, 5 for a wrong key, 6 without an answer', async () => {
    const { id } = await createPayment(fixture.api)
    await fixture.api('POST', `/v1/payments/${id}/cancel`)
    const refused = await api('POST', `/v1/payments/${id}/cancel`)
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('Current status: canceled.')
    const wrong = { ...env(), HEDGE_API_SECRET: 'sk_test_wrong_but_well_formed' }
    expect((await hedge(['api', 'GET', '/v1/payments'], wrong)).code).toBe(5)
    const gone = { ...env(), HEDGE_BASE_URL: 'http://127.0.0.1:1' }
    expect((await hedge(['api', 'GET', '/v1/payments'], gone)).code).toBe(6)
  })

  test.each([
    { args: [], says: '--list' },
    { args: ['GET'], says: 'The path is missing' },
    { args: ['GET', 'https://example.com/v1/payments'], says: '--base-url' },
    { args: ['GET', '/v1/payments/{id}'], says: 'pass id=' },
    { args: ['GET', '/v1/payments', 'colour=red'], says: 'status' },
    { args: ['POST', '/v1/payments', '-d', '{', 'x=1'], says: 'not from both' },
    { args: ['POST', '/v1/payments', '-d', '{'], says: 'not JSON' },
    { args: ['POST', '/v1/payments', '-d', '@/nonexistent'], says: 'ENOENT' },
    { args: ['GET', '/v1/payments', '-d', '{}'], says: 'takes no body' },
  ])('is 2 for $args', async ({ args, says }) => {
    const ended = await api(...args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(says)
    expect(ended.stderr).not.toContain(server().secretKey)
  })
})
