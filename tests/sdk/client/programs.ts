import { execFile } from 'node:child_process'
import { accessSync, constants, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'rolldown'
import { afterAll, beforeAll } from 'vitest'
import { childEnvironment } from '../../support/processes/environment.ts'

const run = promisify(execFile)
const source = join(import.meta.dirname, '../../../packages/node/src/index.ts')

/** The project's Node, and the one of this machine, which may be older. */
export const nodes: readonly string[] = [...new Set([process.execPath, ownNode()])]

interface Programs {
  /** The folder of the builds: `sdk.mjs`, `sdk.cjs` and the minified `sdk.min.mjs`. */
  folder: () => string
  /** Runs an ES module beside the builds by a Node, and returns its output. Fails if the program fails. */
  run: (node: string, program: string) => Promise<string>
}

/** Builds the SDK for programs that Node runs without the project's type stripping. */
export function useBuiltSdk(): Programs {
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hedge-sdk-programs-'))
    const bundle = (file: string, format: 'esm' | 'cjs', minify: boolean) =>
      build({
        input: source,
        output: { file: join(folder, file), format, minify },
        logLevel: 'warn',
      })
    await Promise.all([
      bundle('sdk.mjs', 'esm', false),
      bundle('sdk.cjs', 'cjs', false),
      bundle('sdk.min.mjs', 'esm', true),
    ])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let programs = 0
  return {
    folder: () => folder,
    run: async (node, program) => {
      programs += 1
      const path = join(folder, `program-${programs}.mjs`)
      writeFileSync(path, program)
      const { stdout, stderr } = await run(node, [path], { env: childEnvironment, cwd: folder })
      return `${stdout}${stderr}`.trim()
    },
  }
}

/** The first `node` of the path that is not a package of this project. */
function ownNode(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder.includes('node_modules')) continue
    try {
      const path = realpathSync(join(folder, 'node'))
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Node is not in this folder of the path.
    }
  }
  return process.execPath
}
