import type { Command } from 'commander'

/** Examples below a command's help. Each line is a command, then what it is for. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[]) {
  const lines = examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  $ ${line}`])
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
