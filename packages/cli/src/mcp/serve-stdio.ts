import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { say } from '../output/terminal.ts'
import { createMcpServer, type McpServerOptions } from './server.ts'

/**
 * Serves one MCP client on standard input and output. Returns at once. The process ends when the client
 * closes standard input and no call is in progress.
 */
export async function serveStdio(options: McpServerOptions): Promise<void> {
  const server = createMcpServer(options)
  await server.connect(new StdioServerTransport())
  // Only messages of the protocol may be on standard output.
  say(`hedge mcp: ready, ${options.isWritable ? 'with tools that change payments' : 'read-only'}`)
}
