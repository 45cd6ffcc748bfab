import type { CommandNode, DescribedOption } from './tree.ts'

/** A completion script for bash. */
export function renderBash(nodes: readonly CommandNode[]): string {
  return `# bash completion for hedge
_hedge() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local path=hedge i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${alternatives(nodes)}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${valueCases(nodes, (values) => `COMPREPLY=($(compgen -W ${quote(values.join(' '))} -- "$cur")); return`)}
  esac
  case "$path" in
${nodes.map((node) => `    ${quote(node.path)}) COMPREPLY=($(compgen -W ${quote(candidatesOf(node).join(' '))} -- "$cur")) ;;`).join('\n')}
  esac
}
complete -o default -F _hedge hedge`
}

/** A completion script for zsh. */
export function renderZsh(nodes: readonly CommandNode[]): string {
  return `#compdef hedge
_hedge() {
  local path_so_far=hedge word prev="\${words[CURRENT-1]}"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path_so_far $word" in
      ${alternatives(nodes)}) path_so_far="$path_so_far $word" ;;
    esac
  done
  case "$path_so_far $prev" in
${valueCases(nodes, (values) => `compadd -- ${values.map(quote).join(' ')}; return`, '_files; return')}
  esac
  local -a found
  case "$path_so_far" in
${nodes.map((node) => `    ${quote(node.path)}) found=(${describedCandidates(node).join(' ')}) ;;`).join('\n')}
  esac
  _describe hedge found
}
if [ "$funcstack[1]" = _hedge ]; then _hedge "$@"; else compdef _hedge hedge; fi`
}

/** A completion script for fish. */
export function renderFish(nodes: readonly CommandNode[]): string {
  const lines = nodes.flatMap((node) => {
    const condition = `-n ${quote(`__hedge_at ${node.path}`)}`
    return [
      ...node.subcommands.map(
        ({ name, description }) =>
          `complete -c hedge -f ${condition} -a ${name} -d ${quote(description)}`,
      ),
      ...node.values.map((word) => `complete -c hedge -f ${condition} -a ${word}`),
      ...node.options.map((option) => fishOption(option, condition)),
    ]
  })
  return `# fish completion for hedge
function __hedge_at
    set -l at hedge
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${paths(nodes).map(quote).join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv"
end
${lines.join('\n')}`
}

function fishOption(option: DescribedOption, condition: string): string {
  const { name, description, takesValue, values } = option
  const value = values.length > 0 ? ` -x -a ${quote(values.join(' '))}` : takesValue ? ' -r' : ''
  return `complete -c hedge ${condition} -l ${name.slice(2)} -d ${quote(description)}${value}`
}

const paths = (nodes: readonly CommandNode[]) => nodes.slice(1).map((node) => node.path)

const alternatives = (nodes: readonly CommandNode[]) => paths(nodes).map(quote).join('|')

/** The cases for an option's value: its possible values, or `free` if any text is accepted. */
function valueCases(
  nodes: readonly CommandNode[],
  offer: (values: readonly string[]) => string,
  free = 'return',
): string {
  return nodes
    .flatMap((node) =>
      node.options
        .filter((option) => option.takesValue)
        .map((option) => {
          const action = option.values.length > 0 ? offer(option.values) : free
          return `    ${quote(`${node.path} ${option.name}`)}) ${action} ;;`
        }),
    )
    .join('\n')
}

function candidatesOf(node: CommandNode): string[] {
  const named = [...node.subcommands, ...node.options].map(({ name }) => name)
  return [...node.values, ...named]
}

function describedCandidates(node: CommandNode): string[] {
  const described = [...node.subcommands, ...node.options].map(({ name, description }) =>
    quote(`${name}:${description.replaceAll(':', '\\:')}`),
  )
  return [...node.values.map((word) => quote(word)), ...described]
}

/** Quotes a text for any of the three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
