import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'

const root = join(import.meta.dirname, '../../..')
const cache = join(root, 'node_modules/.cache/hedge-tests')

/** The bundled server and CLI. A bundle starts in a third of the processor time of its sources. */
export interface BuiltPrograms {
  /** The file that starts the server. */
  readonly server: string
  /** The file that runs `hedge`. */
  readonly cli: string
  remove(): Promise<void>
}

/** Bundles both programs with their libraries, once for each test run. */
export async function buildPrograms(): Promise<BuiltPrograms> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, `programs-${process.pid}-`))
  await build({
    input: {
      server: join(root, 'packages/server/src/main.ts'),
      cli: join(root, 'packages/cli/src/main.ts'),
    },
    platform: 'node',
    resolve: { conditionNames: ['hedge-source', 'module', 'node', 'default'] },
    // An optional library of pg, which is not installed.
    external: ['pg-native'],
    output: { dir: folder, format: 'esm', chunkFileNames: '[name].js' },
    logLevel: 'warn',
  })
  await mkdir(join(folder, 'web'))
  for (const app of ['dashboard', 'checkout', 'docs']) {
    await symlink(join(root, 'apps', app, 'dist'), join(folder, 'web', app))
  }
  const remove = () => rm(folder, { recursive: true })
  return { server: join(folder, 'server.js'), cli: join(folder, 'cli.js'), remove }
}
