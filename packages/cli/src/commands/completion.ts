import { Argument, Command } from 'commander'
import { renderBash, renderFish, renderZsh } from '../completion/scripts.ts'
import { describeCommands } from '../completion/tree.ts'
import { withExamples } from '../output/examples.ts'
import { print } from '../output/terminal.ts'

const shells = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const

/** `hedge completion`: prints a shell's completion script, generated from the commands. */
export function completionCommand(): Command {
  const command = new Command('completion')
    .description('print the completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells, _options: unknown, self: Command) => {
      const root = self.parent
      if (root) print(shells[shell](describeCommands(root)))
    })
  return withExamples(command, [
    ['source <(hedge completion bash)', 'in ~/.bashrc'],
    ['hedge completion zsh > ~/.zfunc/_hedge', 'once for zsh; ~/.zfunc must be in fpath'],
    ['hedge completion fish > ~/.config/fish/completions/hedge.fish', 'once for fish'],
  ])
}
