import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { factsOf, withoutSecrets } from '../output/report-error.ts'
import { harmless, say } from '../output/terminal.ts'
import { createMcpServer, type McpServerOptions } from './server.ts'

/**
 * Serves one MCP client on standard input and output. Returns at once. The process ends when the client
 * closes standard input and no call is in progress.
 */
export async function serveStdio(options: McpServerOptions): Promise<void> {
  const server = createMcpServer(options)
  await server.connect(new StdioServerTransport())
  // Only messages of the protocol may be on standard output.
  server.server.onerror = ({ message }) =>
    say(`hedge mcp: error: ${harmless(withoutSecrets(message))}`)
  const kind = options.isWritable ? 'with tools that change payments' : 'read-only'
  try {
    await options.openSession()
    say(`hedge mcp: ready, ${kind}`)
  } catch (error) {
    // Not the end: each call reads the key again, and answers with this error until it is found.
    const { code, message } = factsOf(error)
    say(`hedge mcp: started, ${kind}, but every call will fail: ${harmless(message)} (${code})`)
  }
}
