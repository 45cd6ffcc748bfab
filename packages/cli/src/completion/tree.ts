import type { Command } from 'commander'

/** A command, as a completion script needs it. */
export interface CommandNode {
  /** `hedge payments list`. */
  readonly path: string
  readonly subcommands: readonly Described[]
  readonly options: readonly DescribedOption[]
  /** The possible values of its arguments; empty if any text is accepted. */
  readonly values: readonly string[]
}

interface Described {
  readonly name: string
  readonly description: string
}

/** An option, as a completion script needs it. */
export interface DescribedOption extends Described {
  readonly takesValue: boolean
  /** The possible values of the option; empty if any text is accepted. */
  readonly values: readonly string[]
}

/** The root command and all commands below it, each with the options it accepts. */
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
            values: option.argChoices ?? [],
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
    values: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  }
  const inheritable = [...inherited, ...own.filter(({ name }) => name !== '--version')]
  return [node, ...subcommands.flatMap((sub) => walk(sub, `${path} ${sub.name()}`, inheritable))]
}

function unique(options: readonly DescribedOption[]): DescribedOption[] {
  return [...new Map(options.map((option) => [option.name, option])).values()]
}

function firstLine(text: string): string {
  return text.split(/[\n;(]/, 1)[0]?.trim() ?? ''
}
