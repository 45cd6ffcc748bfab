import { execFile } from 'node:child_process'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundle } from '../../scripts/build/bundle.ts'
import { builtPackages, root } from '../../scripts/build/packages.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
/** The packages that a user installs. */
const packages = ['node', 'server', 'testing']

/** A user's project, with the packages as npm would install them. */
export interface Consumer {
  readonly folder: string
  /** The environment of its processes. They have a temporary folder of their own. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a program in the project. @throws {Error} with its output, if it fails. */
  run(program: string, args: readonly string[]): Promise<string>
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Resolves when no server is left. @throws {Error} if one stays. */
  untilNothingIsLeft(): Promise<void>
  /** The folders of running or killed servers. */
  hosts(): Promise<string[]>
  remove(): Promise<void>
}

/** Builds the packages into a new project outside of the repository. */
export async function createConsumer(): Promise<Consumer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'hedge-shop-')))
  // PostgreSQL's own user needs access to the folder, as to the system's temporary folder.
  await chmod(folder, 0o755)
  const temporary = join(folder, 't')
  await mkdir(temporary, { mode: 0o755 })
  await install(join(folder, 'node_modules'))
  const { HEDGE_TESTS: _size, NODE_OPTIONS: _options, VITEST: _vitest, ...rest } = process.env
  const env = { ...rest, TMPDIR: temporary, NO_COLOR: '1' }
  const hosts = async () => {
    const [place] = await readdir(temporary).then((names) =>
      names.filter((name) => name.startsWith('hedge-testing-')),
    )
    // The last server removes the folder, maybe just now.
    return place === undefined ? [] : await readdir(join(temporary, place)).catch(() => [])
  }
  return {
    folder,
    env,
    hosts,
    async run(program, args) {
      const { stdout, stderr } = await run(program, args, { cwd: folder, env })
      return stdout + stderr
    },
    async write(files) {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    },
    async untilNothingIsLeft() {
      await until('no server is left', async () => (await hosts()).length === 0, { patience: 2 })
    },
    // A process writes its compile cache when it ends.
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10 }),
  }
}

async function install(modules: string): Promise<void> {
  const scope = join(modules, '@hedgepayments')
  await mkdir(scope, { recursive: true })
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === '@hedgepayments') continue
    await symlink(join(root, 'node_modules', name), join(modules, name))
  }
  for (const built of builtPackages.filter(({ name }) => packages.includes(name))) {
    const [source, target] = [join(root, 'packages', built.name), join(scope, built.name)]
    await bundle(source, built, join(target, 'dist'))
    await cp(join(source, 'package.json'), join(target, 'package.json'))
    for (const app of built.webApps) {
      await mkdir(join(target, 'dist/web'), { recursive: true })
      await symlink(join(root, 'apps', app, 'dist'), join(target, 'dist/web', app))
    }
    // Libraries whose version differs from that of other packages.
    await symlink(join(source, 'node_modules'), join(target, 'node_modules'))
  }
}
