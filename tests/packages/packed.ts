import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { builtPackages, root } from '../../scripts/build/packages.ts'
import { until } from '../support/until.ts'

const { version } = manifest
const run = promisify(execFile)

/** A project with the packed packages, and the programs that test them. */
export interface Installed {
  /** The project. Its `node_modules` holds the packages. */
  readonly project: string
  /** Resolves a program or a package of the toolchain to its file. */
  tool(path: string): string
  /** The tarball of a package. */
  tarball(name: string): string
  /** Creates a folder in the project. Its programs find the packages, and are separate from other tests. */
  makeFolder(name: string): Promise<string>
}

/**
 * Packs the packages as `npm publish` does, and installs them and the toolchain into new folders, once for all test files
 * of a run. Call it in `beforeAll`. The run removes the folders.
 */
export async function installPacked(): Promise<Installed> {
  const folder = inject('packedFolder')
  const [project, toolchain] = [join(folder, 'project'), join(folder, 'toolchain')]
  const isFirst = await mkdir(folder).then(
    () => true,
    () => false,
  )
  if (isFirst) await install(folder, { project, toolchain })
  else await untilInstalled(folder)
  return {
    project,
    tarball: (name) => join(folder, `hedgepayments-${name}-${version}.tgz`),
    tool: (path) => join(toolchain, 'node_modules', path),
    async makeFolder(name) {
      await mkdir(join(project, name))
      return join(project, name)
    },
  }
}

/** Runs a program with nothing of this repository on its path. @returns what it prints. @throws with its output. */
export async function runClean(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<string> {
  const clean = { PATH: '/usr/bin:/bin', HOME: inject('packedFolder'), NO_COLOR: '1', ...env }
  const { stdout } = await run(program, args, { cwd, env: clean }).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`)
  })
  return stdout
}

interface Folders {
  readonly project: string
  readonly toolchain: string
}

async function install(folder: string, folders: Folders): Promise<void> {
  try {
    await Promise.all([installPackages(folder, folders.project), installTools(folders.toolchain)])
    await writeFile(join(folder, 'result'), 'installed')
  } catch (error) {
    await writeFile(join(folder, 'result'), String(error))
    throw error
  }
}

const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error']

async function installPackages(folder: string, project: string): Promise<void> {
  for (const { name } of builtPackages) {
    const pack = ['pack', '--pack-destination', folder, '--workspace', `@hedgepayments/${name}`]
    await run('npm', pack, { cwd: root })
  }
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{"private":true}')
  const paths = tarballs.map((name) => join(folder, name))
  await run('npm', ['install', ...quiet, ...paths], { cwd: project })
}

async function installTools(toolchain: string): Promise<void> {
  await cp(join(import.meta.dirname, 'toolchain'), toolchain, { recursive: true })
  await run('npm', ['ci', ...quiet], { cwd: toolchain })
}

async function untilInstalled(folder: string): Promise<void> {
  const result = await until(
    'another test file has installed the packages',
    () => readFile(join(folder, 'result'), 'utf8').catch(() => undefined),
    // Time for packing, and for two installs over the network.
    { patience: 30 },
  )
  if (result !== 'installed') throw new Error(`the packages were not installed: ${result}`)
}
