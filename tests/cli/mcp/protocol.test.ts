import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { childEnvironment } from '../../support/processes/environment.ts'
import { hedge } from '../hedge.ts'
import { connectMcp } from './client.ts'
import { withMcp } from './with-mcp.ts'

const mcp = withMcp('reader', 'writer')

const readNames = [
  'find_payments',
  'explain_payment',
  'get_balance',
  'get_bulk_cancel',
  'dry_run_cancel_payment',
  'dry_run_capture_payment',
  'dry_run_refund_payment',
  'dry_run_reverse_payment',
  'dry_run_bulk_cancel',
]
const writeNames = [
  'cancel_payment',
  'capture_payment',
  'refund_payment',
  'reverse_payment',
  'bulk_cancel',
]

describe('the list of tools', () => {
  test('has only read-only tools, marked as such, without --write', async () => {
    const { tools } = await mcp.reader.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(readNames)
    for (const { annotations } of tools) expect(annotations?.readOnlyHint).toBe(true)
  })

  test('has tools marked as destructive with --write', async () => {
    const { tools } = await mcp.writer.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([...readNames, ...writeNames])
    for (const { name, annotations } of tools) {
      expect(annotations?.destructiveHint === true).toBe(writeNames.includes(name))
    }
  })

  test('describes every argument, and refuses unknown arguments', async () => {
    const { tools } = await mcp.writer.client.listTools()
    for (const { name, description, inputSchema } of tools) {
      expect(description, name).toMatch(/\.$/)
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
      for (const [field, schema] of Object.entries(inputSchema.properties ?? {})) {
        expect((schema as { description?: string }).description, `${name} ${field}`).toBeTruthy()
      }
    }
  })
})

describe('without --write', () => {
  test.each(writeNames)('%s is refused with the reason, and changes nothing', async (name) => {
    const { id } = await createPayment(mcp.merchant.api)
    const { isError, data } = await mcp.reader.call(name, { payment_id: id })
    expect({ isError, code: data.error.code }).toEqual({ isError: true, code: 'read_only' })
    expect(data.error.message).toContain('--write')
    const { body } = await mcp.merchant.api('GET', `/v1/payments/${id}`)
    expect(body.status).toBe('pending')
  })
})

const wrongCalls = [
  { name: 'find_payments', args: { status: ['gone'] }, field: 'status.0', says: 'pending' },
  { name: 'find_payments', args: { limit: 101 }, field: 'limit', says: '100' },
  { name: 'find_payments', args: { limit: 'ten' }, field: 'limit', says: 'got "ten"' },
  { name: 'find_payments', args: { created_after: '24h' }, field: 'created_after', says: '2024-' },
  { name: 'find_payments', args: { metadata: { order: 17 } }, field: 'metadata.order', says: '17' },
  { name: 'find_payments', args: { colour: 'red' }, field: 'colour', says: 'customer_email' },
  { name: 'explain_payment', args: {}, field: 'payment_id', says: 'got nothing' },
  { name: 'explain_payment', args: { payment_id: '' }, field: 'payment_id', says: '1 to 64' },
  {
    name: 'refund_payment',
    args: { payment_id: 'pay_x', amount: 9.99 },
    field: 'amount',
    says: '9.99',
  },
  { name: 'refund_payment', args: { payment_id: 'pay_x', amount: 0 }, field: 'amount', says: '1' },
  { name: 'cancel_payment', args: { payment_id: 7 }, field: 'payment_id', says: 'string' },
  { name: 'bulk_cancel', args: { all: false }, field: 'all', says: 'true' },
]

describe('an error', () => {
  test.each(wrongCalls)(
    'of $name with $args names the argument, the received and the expected value',
    async ({ name, args, field, says }) => {
      const { isError, text, data } = await mcp.writer.call(name, args)
      expect({ isError, code: data.error.code }).toEqual({
        isError: true,
        code: 'invalid_arguments',
      })
      expect(data.error.details).toMatchObject([{ field }])
      expect(data.error.details[0].received).toBeTruthy()
      expect(text).toContain(says)
    },
  )

  test('of the API has its code, message and details', async () => {
    const { id } = await createPayment(mcp.merchant.api)
    await mcp.merchant.api('POST', `/v1/payments/${id}/cancel`)
    const { text, data } = await mcp.writer.call('cancel_payment', { payment_id: id })
    expect(data.error).toMatchObject({
      code: 'payment_not_cancelable',
      status: 412,
      message: `Payment ${id} cannot be canceled. Current status: canceled.`,
      request_id: expect.stringMatching(/^req_/),
      details: { payment_id: id, current_status: 'canceled' },
    })
    expect(text).toContain('"cancelable_statuses":["pending","initiated"]')
  })

  test('is returned by the protocol for an unknown tool', async () => {
    await expect(mcp.reader.call('drop_payments')).rejects.toThrow(/Unknown tool.*find_payments/)
  })

  test('is returned for payment_id together with another filter', async () => {
    const args = { payment_id: 'pay_abc123xyz', status: ['pending'] }
    const { data } = await mcp.reader.call('find_payments', args)
    expect(data.error).toMatchObject({ code: 'usage', message: expect.stringContaining('only') })
  })

  test('names the missing key for every call, although the MCP server starts without one', async () => {
    const { call, client, close } = await connectMcp({ HEDGE_BASE_URL: mcp.url })
    expect((await client.listTools()).tools.length).toBe(readNames.length)
    const { isError, data } = await call('find_payments')
    expect({ isError, code: data.error.code }).toEqual({ isError: true, code: 'no_credentials' })
    expect(data.error.message).toContain('HEDGE_API_SECRET')
    await close()
  })

  test('never contains a wrong key', async () => {
    const HEDGE_API_SECRET = 'sk_test_wrong_but_well_formed'
    const { call, close, stderr } = await connectMcp(
      { ...mcp.testEnv, HEDGE_API_SECRET },
      '--write',
    )
    const wrong = [
      await call('find_payments'),
      await call('cancel_payment', { payment_id: 'pay_x' }),
    ]
    const echoed = await call('explain_payment', { payment_id: HEDGE_API_SECRET })
    const misplaced = await call('find_payments', { limit: HEDGE_API_SECRET })
    expect(misplaced.data.error.details).toMatchObject([{ received: '"sk_test_…"' }])
    for (const { isError, data } of wrong) {
      expect({ isError, code: data.error.code }).toEqual({ isError: true, code: 'unauthorized' })
    }
    expect(JSON.stringify([wrong, echoed, misplaced, stderr()])).not.toContain('wrong_but')
    await close()
  })

  test('during a change while the server is down says that the result is unknown', async () => {
    const down = { ...mcp.testEnv, HEDGE_BASE_URL: 'http://127.0.0.1:1' }
    const { call, close } = await connectMcp(down, '--write')
    const read = await call('find_payments')
    const write = await call('cancel_payment', { payment_id: 'pay_abc123xyz' })
    for (const { isError, text, data } of [read, write]) {
      expect({ isError, code: data.error.code }).toEqual({
        isError: true,
        code: 'connection_failed',
      })
      expect(text).not.toMatch(/^\s+at /m)
    }
    expect(write.text).toContain('it does not act twice')
    expect(read.text).not.toContain('it does not act twice')
    await close()
  })
})

describe('the process', () => {
  test('writes only messages to standard output, and ends with standard input', async () => {
    const child = spawn(process.execPath, [inject('programs').cli, 'mcp', '--verbose'], {
      env: { ...childEnvironment, ...mcp.testEnv },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const clientInfo = { name: 'tests', version: '1' }
    const messages = [
      ['initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }],
      ['tools/call', { name: 'find_payments', arguments: {} }],
    ].map(([method, params], n) => JSON.stringify({ jsonrpc: '2.0', id: n, method, params }))
    child.stdin.end(`${messages.join('\n')}\nno message\n`)
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id)
    expect(ids).toEqual([0, 1])
    expect(stderr).toContain('key: sk_test_')
    expect(stdout + stderr).not.toContain(mcp.testEnv.HEDGE_API_SECRET)
  })

  test('other commands do not load the MCP libraries', async () => {
    const { code, stdout } = await hedge(['--help'])
    expect({ code, hasMcp: stdout.includes('mcp') }).toEqual({ code: 0, hasMcp: true })
    const main = inject('programs').cli
    const seen = new Set([main])
    for (const file of seen) {
      const source = await readFile(file, 'utf8')
      expect(source, file).not.toContain('node_modules/@modelcontextprotocol/')
      for (const [, chunk] of source.matchAll(/^(?:import|export)\b[^;]*?["'](\.\/[^"']+)["']/gm)) {
        seen.add(join(dirname(main), chunk ?? ''))
      }
    }
  })
})
