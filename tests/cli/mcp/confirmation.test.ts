import { HedgePayments } from '@hedgepayments/node'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMcpServer } from '../../../packages/cli/src/mcp/server.ts'
import type { Session } from '../../../packages/cli/src/session.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { size } from '../../support/size.ts'
import { callTool, connectMcp, type McpClient, tokenOf } from './client.ts'
import { type LosingProxy, startLosingProxy } from './losing-proxy.ts'
import { withMcp } from './with-mcp.ts'

const mcp = withMcp()
const api = () => mcp.merchant.api

describe('when the answer to a change is lost,', () => {
  let proxy: LosingProxy
  let writer: McpClient

  beforeAll(async () => {
    proxy = await startLosingProxy(mcp.url)
    writer = await connectMcp({ ...mcp.testEnv, HEDGE_BASE_URL: proxy.url }, '--write')
  })

  afterAll(async () => {
    await writer?.close()
    await proxy?.close()
  })

  const ways = [
    { way: 'the token of a dry run', isConfirmed: true },
    { way: 'the arguments alone', isConfirmed: false },
  ]

  test.each(size({ quick: ways.slice(0, 1), all: ways }))(
    'a repeated call with $way gets the answer, and acts once',
    async ({ isConfirmed }) => {
      const { id } = await createPaid(api())
      const refund = { payment_id: id, amount: 500 }
      const dryRun = await writer.call('dry_run_refund_payment', refund)
      const args = isConfirmed ? { ...refund, confirmation_token: tokenOf(dryRun) } : refund
      proxy.isLosing = true
      const lost = await writer.call('refund_payment', args)
      proxy.isLosing = false
      expect(proxy.lost).toBeGreaterThan(0)
      expect(lost.data.error.code).toBe('connection_failed')
      expect(lost.text).toContain('Repeat the same call: it does not act twice.')

      const repeated = await writer.call('refund_payment', args)
      expect({ isError: repeated.isError, text: repeated.text }).toMatchObject({ isError: false })
      expect(repeated.data.replayed).toBe(true)
      const { body } = await api()('GET', `/v1/payments/${id}`)
      expect(body.refunds.map(({ amount }: { amount: number }) => amount)).toEqual([500])
    },
  )
})

describe('in the course of time', () => {
  /** An MCP server in this process, whose clock and key a test can change. */
  async function connectInMemory() {
    const state = { nowMs: 0, apiSecret: mcp.liveKey }
    const server = createMcpServer({
      isWritable: true,
      nowMs: () => state.nowMs,
      openSession: async () => sessionOf(state.apiSecret),
    })
    const [serverSide, clientSide] = InMemoryTransport.createLinkedPair()
    const client = new Client({ name: 'tests', version: '1.0.0' })
    await Promise.all([server.connect(serverSide), client.connect(clientSide)])
    const call = (name: string, args: Record<string, unknown>) => callTool(client, name, args)
    return { state, call, close: () => client.close() }
  }

  function sessionOf(apiSecret: string): Session {
    const hedge = new HedgePayments({ apiSecret, baseUrl: mcp.url })
    const livemode = hedge.environment === 'production'
    const show = () => undefined
    const texts = { show, showLine: show }
    return { hedge, fetch, apiSecret, livemode, json: false, verbose: false, dataDir: '', ...texts }
  }

  test('a confirmation cancels nothing after five minutes', async () => {
    const { state, call, close } = await connectInMemory()
    const { id } = await createPayment(mcp.live)
    const token = tokenOf(await call('dry_run_cancel_payment', { payment_id: id }))
    const args = { payment_id: id, confirmation_token: token }
    state.nowMs = 5 * 60_000
    expect((await call('cancel_payment', args)).data.error.code).toBe('confirmation_expired')
    expect((await mcp.live('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
    state.nowMs -= 1
    expect((await call('cancel_payment', args)).isError).toBe(false)
    await close()
  })

  test('a confirmation is not valid for another key', async () => {
    const { state, call, close } = await connectInMemory()
    state.apiSecret = mcp.testEnv.HEDGE_API_SECRET ?? ''
    const { id } = await createPayment(api())
    const token = tokenOf(await call('dry_run_cancel_payment', { payment_id: id }))
    state.apiSecret = mcp.liveKey
    const args = { payment_id: id, confirmation_token: token }
    const { data } = await call('cancel_payment', args)
    expect(data.error.code).toBe('confirmation_mismatch')
    expect(data.error.message).toContain('another API key')
    await close()
  })
})
