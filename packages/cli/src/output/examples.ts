import type { Command } from 'commander'

/** Adds examples to a command's help: pairs of a command line and its purpose. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[]) {
  const lines = examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  $ ${line}`])
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
