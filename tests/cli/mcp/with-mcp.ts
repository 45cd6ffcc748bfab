import { afterAll, beforeAll } from 'vitest'
import { type Api, apiClient } from '../../support/http/api.ts'
import { makeLiveKey } from '../../support/servers/live-key.ts'
import { type MerchantFixture, withMerchant } from '../../support/servers/merchant.ts'
import { type Environment, environmentOf } from '../hedge.ts'
import { connectMcp, type McpClient } from './client.ts'

/** MCP clients of one merchant, and the API to compare their answers with. */
export interface McpFixture {
  readonly merchant: MerchantFixture
  readonly url: string
  readonly testEnv: Environment
  readonly liveEnv: Environment
  readonly liveKey: string
  readonly live: Api
  /** Test mode, read-only. */
  readonly reader: McpClient
  /** Test mode, `--write`. */
  readonly writer: McpClient
  /** Live mode, `--write`. */
  readonly liveWriter: McpClient
}

/** The clients of the fixture. Each has a process of its own. */
type ClientName = 'reader' | 'writer' | 'liveWriter'

/** Starts the MCP servers of these clients before a file's tests, and stops them afterwards. */
export function withMcp(...names: readonly ClientName[]): McpFixture {
  const merchant = withMerchant()
  const fixture = { merchant } as { -readonly [Field in keyof McpFixture]: McpFixture[Field] }

  beforeAll(async () => {
    const [server] = merchant.servers
    if (!server) throw new Error('there is no shared server')
    fixture.url = server.url
    fixture.liveKey = await makeLiveKey(merchant.database.url, merchant.owner.merchant_id)
    fixture.testEnv = environmentOf(server)
    fixture.liveEnv = environmentOf({ url: server.url, secretKey: fixture.liveKey })
    fixture.live = apiClient(server.url, fixture.liveKey)
    const connect: Record<ClientName, () => Promise<McpClient>> = {
      reader: () => connectMcp(fixture.testEnv),
      writer: () => connectMcp(fixture.testEnv, '--write'),
      liveWriter: () => connectMcp(fixture.liveEnv, '--write'),
    }
    const started = names.map(async (name) => {
      fixture[name] = await connect[name]()
    })
    await Promise.all(started)
  })

  afterAll(async () => {
    const { reader, writer, liveWriter } = fixture
    for (const mcp of [reader, writer, liveWriter]) await mcp?.close()
  })

  return fixture
}
