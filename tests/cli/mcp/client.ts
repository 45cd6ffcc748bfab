import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { inject } from 'vitest'
import { childEnvironment } from '../../support/processes/environment.ts'
import type { Environment } from '../hedge.ts'

/** The result of a tool call. */
export interface ToolAnswer {
  readonly isError: boolean
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly data: any
}

/** An MCP client that is connected to its own `hedge mcp`. */
export interface McpClient {
  readonly client: Client
  call(name: string, args?: Record<string, unknown>): Promise<ToolAnswer>
  /** The standard error output of the process. */
  stderr(): string
  close(): Promise<void>
}

/** Starts `hedge mcp` over stdio, with nothing in its environment but `env`. */
export async function connectMcp(env: Environment, ...args: string[]): Promise<McpClient> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [inject('programs').cli, 'mcp', ...args],
    env: { ...childEnvironment, HEDGE_DATA_DIR: '/nonexistent', ...env },
    stderr: 'pipe',
  })
  let stderr = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const client = new Client({ name: 'tests', version: '1.0.0' })
  await client.connect(transport)
  return {
    client,
    call: (name, given = {}) => callTool(client, name, given),
    stderr: () => stderr,
    close: () => client.close(),
  }
}

/** Calls a tool, and returns its result in a form that tests can compare. */
export async function callTool(
  client: Client,
  name: string,
  given: Record<string, unknown>,
): Promise<ToolAnswer> {
  const result = await client.callTool({ name, arguments: given })
  const content = result.content as { type: string; text: string }[]
  return {
    isError: result.isError === true,
    text: content.map(({ text }) => text).join('\n'),
    data: result.structuredContent,
  }
}

/** The token of a dry run. Throws if there is none. */
export function tokenOf({ text, data }: ToolAnswer): string {
  const token = data?.confirmation_token
  if (typeof token !== 'string') throw new Error(`no confirmation token: ${text}`)
  return token
}
