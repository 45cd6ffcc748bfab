import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Block, fileOf, sdkPrelude } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** What a reader's own project has: everything that "strict" means, for a recent Node. */
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  moduleDetection: 'force',
  customConditions: ['hedge-source'],
  allowImportingTsExtensions: true,
  allowJs: true,
  checkJs: true,
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

/** Jest is not installed here. tests/packages checks the guide against its types. */
const modulesNotInstalled = "declare module '@jest/globals'\n"

/**
 * Checks the types of snippets. Blocks that are files can import each other. Other blocks are modules of their own, and
 * have a client named `hedge` unless they import the SDK, as where they are run.
 *
 * @returns the errors, as `docs/webhooks.md:24: error TS…`.
 */
export async function findTypeErrors(snippets: readonly Snippet[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-snippets-'))
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await mkdir(join(folder, 'src'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'src/modules.d.ts'), modulesNotInstalled)
    for (const snippet of snippets) {
      const file = join(folder, moduleOf(snippet, snippets))
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, preludeOf(snippet) + snippet.block.code)
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

/** The module that a snippet is written as. The files of a document are in one folder. */
function moduleOf(snippet: Snippet, snippets: readonly Snippet[]): string {
  const file = fileOf(snippet.block)
  if (file === null) return `src/${snippets.indexOf(snippet)}.mts`
  return `src/${snippet.path.replaceAll(/\W/g, '-')}/${file}`
}

function preludeOf({ block }: Snippet): string {
  return fileOf(block) === null ? sdkPrelude(block.code) : ''
}

/** The place in the document of an error in the module of a snippet. Other errors stay as they are. */
function locate(line: string, snippets: readonly Snippet[]): string[] {
  if (!line.includes('error TS')) return []
  // Sources of the packages have options of their own: `npm run types` checks them.
  if (/^[./]+[\w./-]*packages\/[\w-]+\/src\//.test(line)) return []
  const [, module, row, text] = /^(src\/.+?)\((\d+),\d+\): (.*)$/.exec(line) ?? []
  const found = snippets.find((snippet) => moduleOf(snippet, snippets) === module)
  if (!found) return [line]
  const linesAdded = preludeOf(found).split('\n').length - 1
  return [`${found.path}:${found.block.line + Number(row) - linesAdded}: ${text}`]
}
