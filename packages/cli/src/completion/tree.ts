import type { Command } from 'commander'

/** One command as a shell has to know it. */
export interface CommandNode {
  /** `hedge payments list`. */
  readonly path: string
  readonly subcommands: readonly Described[]
  readonly options: readonly DescribedOption[]
  /** Words that an argument of it can be. */
  readonly words: readonly string[]
}

interface Described {
  readonly name: string
  readonly description: string
}

export interface DescribedOption extends Described {
  readonly takesValue: boolean
  /** Words that its value can be; empty where it is free. */
  readonly words: readonly string[]
}

/** Every command below and with `root`, with the options that each understands. */
export function describeCommands(root: Command): CommandNode[] {
  return walk(root, root.name(), [])
}

function walk(
  command: Command,
  path: string,
  inherited: readonly DescribedOption[],
): CommandNode[] {
  const visible = command.createHelp()
  const own = visible.visibleOptions(command).flatMap((option) =>
    option.long
      ? [
          {
            name: option.long,
            description: firstLine(option.description),
            takesValue: option.required || option.optional,
            words: option.argChoices ?? [],
          },
        ]
      : [],
  )
  const subcommands = visible.visibleCommands(command).filter(({ parent }) => parent !== null)
  const node = {
    path,
    subcommands: subcommands.map((sub) => ({
      name: sub.name(),
      description: firstLine(sub.description()),
    })),
    options: unique([...own, ...inherited]),
    words: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  }
  const passedOn = [...inherited, ...own.filter(({ name }) => name !== '--version')]
  return [node, ...subcommands.flatMap((sub) => walk(sub, `${path} ${sub.name()}`, passedOn))]
}

function unique(options: readonly DescribedOption[]): DescribedOption[] {
  return [...new Map(options.map((option) => [option.name, option])).values()]
}

function firstLine(text: string): string {
  return text.split(/[\n;(]/, 1)[0]?.trim() ?? ''
}
