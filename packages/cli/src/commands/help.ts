import { Command } from 'commander'
import { usageError } from '../exit-codes.ts'
import { withExamples } from '../output/examples.ts'

/** `hedge help`. Not commander's: it ignores all names but the first, and accepts unknown names. */
export function helpCommand(): Command {
  const command = new Command('help')
    .description('show help for a command')
    .argument('[command...]', 'the names of the command, such as payments cancel')
    .action((names: readonly string[], _options: unknown, self: Command) => {
      let found = self.parent ?? self
      for (const name of names) {
        const next = found.commands.find((each) => each.name() === name)
        if (!next) throw usageError(`Unknown command '${name}'. See: ${pathOf(found)} --help`)
        found = next
      }
      found.outputHelp()
    })
  return withExamples(command, [
    ['hedge help', 'list all commands'],
    ['hedge help payments cancel', 'show the arguments and options of a command'],
  ])
}

/** `hedge payments cancel`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}
