import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Block, sdkPrelude } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** What a reader's own project has: everything that "strict" means, for a recent Node. */
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  moduleDetection: 'force',
  customConditions: ['hedge-source'],
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  strict: true,
  noEmit: true,
  types: ['node'],
}

/** A snippet and where it stands. */
export interface Snippet {
  readonly path: string
  readonly block: Block
}

/**
 * Checks the types of snippets, each as a module of its own. Snippets without an import of the SDK have a client named
 * `hedge`, as where they are run.
 *
 * @returns the errors, as `docs/webhooks.md:24: error TS…`.
 */
export async function findTypeErrors(snippets: readonly Snippet[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-snippets-'))
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await mkdir(join(folder, 'src'))
    for (const [index, { block }] of snippets.entries()) {
      await writeFile(join(folder, 'src', `${index}.mts`), sdkPrelude(block.code) + block.code)
    }
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['src'] }),
    )
    const output = await compile(folder)
    return output.split('\n').flatMap((line) => locate(line, snippets))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @returns what the compiler prints. @throws if the compiler does not start. */
async function compile(folder: string): Promise<string> {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const run = promisify(execFile)
  const result = await run(tsc, ['-p', folder, '--pretty', 'false'], { cwd: folder }).catch(
    (error: { code: unknown; stdout: string }) => {
      if (typeof error.code === 'number') return error
      throw error
    },
  )
  return result.stdout
}

/** The place in the document of an error in the module of a snippet. Other errors stay as they are. */
function locate(line: string, snippets: readonly Snippet[]): string[] {
  if (!line.includes('error TS')) return []
  const [, index, row, text] = /^src\/(\d+)\.mts\((\d+),\d+\): (.*)$/.exec(line) ?? []
  // Sources of the packages have options of their own: `npm run types` checks them.
  if (/^[./]+[\w./-]*packages\/[\w-]+\/src\//.test(line)) return []
  const found = snippets[Number(index)]
  if (!found) return [line]
  const { path, block } = found
  const linesAdded = sdkPrelude(block.code).split('\n').length - 1
  return [`${path}:${block.line + Number(row) - linesAdded}: ${text}`]
}
