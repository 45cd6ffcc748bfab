import { Command } from 'commander'
import { withExamples } from '../output/examples.ts'
import { openSession } from '../session.ts'

/** `hedge mcp`: an MCP server on standard input and output. */
export function mcpCommand(): Command {
  const command = new Command('mcp')
    .description('run an MCP server for an assistant, on standard input and output')
    .option('--write', 'also offer tools that cancel, refund and reverse payments')
    .addHelpText(
      'after',
      `
The MCP server only reads unless --write is set. In live mode every change also needs a confirmation
token, which the dry run of the same change gives. The MCP client starts this command.`,
    )
    .action(async ({ write }: { write?: boolean }, self: Command) => {
      // The MCP libraries are large. Other commands do not load them.
      const { serveStdio } = await import('./serve-stdio.ts')
      await serveStdio({ openSession: () => openSession(self), isWritable: write === true })
    })
  return withExamples(command, [
    ['hedge mcp', 'find and explain payments'],
    ['hedge mcp --write', 'also cancel, refund and reverse payments'],
  ])
}
