import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The documents whose every snippet is run, relative to the root. */
export const documents = [
  'README.md',
  'SECURITY.md',
  'deploy/README.md',
  'packages/cli/README.md',
  'packages/server/README.md',
  ...globSync('docs/*.md', { cwd: root }).sort(),
]

/** Every document for readers: those above, and those whose snippets are checked but not run. */
export const allDocuments = [
  ...documents,
  ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...globSync(['packages/*/README.md', 'examples/*/README.md', 'bench/*.md'], { cwd: root })
    .filter((path) => !documents.includes(path))
    .sort(),
]

const client = `import { HedgePayments } from '@hedgepayments/node'
const hedge = new HedgePayments()
`

/** What stands before a snippet without an import of the SDK: a client named `hedge`. */
export function sdkPrelude(code: string): string {
  return code.includes('@hedgepayments/node') ? '' : client
}

/** A fenced block: ```` ```sh no-run: needs Docker ````. */
export interface Block {
  readonly language: string
  /** What stands after the language; readers on the web do not see it. */
  readonly info: string
  readonly code: string
  /** Line of the fence, from 1. */
  readonly line: number
}

export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function parseBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { language: string; info: string; line: number; lines: string[] } | null = null
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line)
    if (open === null && fence) {
      open = { language: fence[1] ?? '', info: fence[2] ?? '', line: index + 1, lines: [] }
    } else if (open !== null && line === '```') {
      const { lines, ...block } = open
      blocks.push({ ...block, code: `${lines.join('\n')}\n` })
      open = null
    } else {
      open?.lines.push(line)
    }
  }
  if (open !== null) throw new Error(`the block of line ${open.line} has no end`)
  return blocks
}

/** Why a block is not run; `null` where it is. */
export function reasonNotToRun({ info }: Block): string | null {
  return /^no-run: (.+)$/.exec(info)?.[1] ?? null
}

/** The file that a test makes of a block, as in `no-run: … runs it (shop.ts)`; `null`: the block is no file. */
export function fileOf({ info }: Block): string | null {
  return / runs it \(([\w.-]+)\)$/.exec(info)?.[1] ?? null
}

/** The files that a document shows: their contents by their names. */
export function filesOf(path: string): Record<string, string> {
  const files = parseBlocks(readDocument(path)).map((block) => [fileOf(block), block.code] as const)
  return Object.fromEntries(files.filter(([name]) => name !== null))
}

/** What a block says that it prints, in order: `# → text` in a shell, `// → text` in JavaScript. */
export function expectedOutput(code: string): string[] {
  return [...code.matchAll(/(?:#|\/\/) → (.+)$/gm)].map((match) => (match[1] ?? '').trim())
}

/** The rows of every table, as their cells, without heads and rules. */
export function parseTableRows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
}
