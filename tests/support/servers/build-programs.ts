import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'rolldown'

const root = join(import.meta.dirname, '../../..')
const cache = join(root, 'node_modules/.cache/hedge-tests')
const processes = join(root, 'tests/support/processes')

/** Bundles of programs. They start with a third of the processor time of their sources. */
export interface Programs {
  /** The file that starts the server. */
  readonly server: string
  /** The file that runs `hedge`. */
  readonly cli: string
  /** `tests/support/processes/fitted-server-process.ts`. */
  readonly fittedServer: string
  /** `tests/support/processes/quiet-server-process.ts`. */
  readonly quietServer: string
  /** `tests/support/processes/paused-app-process.ts`. */
  readonly pausedApp: string
  /** `tests/support/processes/migrate-process.ts`. */
  readonly migrate: string
}

/** Bundles the programs with their libraries, once for a run of tests. */
export async function buildPrograms(): Promise<Programs & { remove(): Promise<void> }> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, `programs-${process.pid}-`))
  const { server, cli } = await bundle(join(folder, 'programs'), {
    server: join(root, 'packages/server/src/main.ts'),
    cli: join(root, 'packages/cli/src/main.ts'),
  })
  const tested = await bundle(join(folder, 'processes'), {
    quietServer: join(processes, 'quiet-server-process.ts'),
    pausedApp: join(processes, 'paused-app-process.ts'),
    migrate: join(processes, 'migrate-process.ts'),
  })
  const fitted = await bundle(
    join(folder, 'fitted'),
    { fittedServer: join(processes, 'fitted-server-process.ts') },
    armFailpoints,
  )
  const remove = () => rm(folder, { recursive: true })
  return { server, cli, ...tested, ...fitted, remove }
}

/** Bundles entries into a folder that also has the web apps. Returns the file that starts each entry. */
async function bundle<Names extends string>(
  dir: string,
  input: Record<Names, string>,
  plugin?: Plugin,
): Promise<Record<Names, string>> {
  await build({
    input,
    platform: 'node',
    resolve: { conditionNames: ['hedge-source', 'module', 'node', 'default'] },
    // An optional library of pg, which is not installed.
    external: ['pg-native'],
    plugins: [plugin],
    output: { dir, format: 'esm', chunkFileNames: '[name].js' },
    logLevel: 'warn',
  })
  await mkdir(join(dir, 'web'))
  for (const app of ['dashboard', 'checkout', 'docs']) {
    await symlink(join(root, 'apps', app, 'dist'), join(dir, 'web', app))
  }
  const files = Object.keys(input).map((name) => [name, join(dir, `${name}.js`)])
  return Object.fromEntries(files) as Record<Names, string>
}

/** Does what the loader hook of `fitted-server-process.ts` does, which sees no modules of a bundle. */
const armFailpoints: Plugin = {
  name: 'arm failpoints',
  async resolveId(specifier, importer, options) {
    const found = await this.resolve(specifier, importer, { ...options, skipSelf: true })
    const isReplaced = found?.id === join(root, 'packages/server/src/failpoints.ts')
    return isReplaced ? join(processes, 'armed-failpoints.ts') : found
  },
}
