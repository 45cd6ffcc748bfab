import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** An empty project with the packed packages, and the programs that they are tried with. */
export interface Installed {
  /** The project. Its `node_modules` holds the packages. */
  readonly project: string
  /** The file of a program or a package of the toolchain. */
  tool(path: string): string
  /** Runs a program in the project, with nothing of this repository on its path. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<string>
  remove(): Promise<void>
}

/** Packs the packages as `npm publish` does, and installs them and the toolchain into new folders. */
export async function installPacked(names: readonly string[]): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-packed-'))
  const project = join(folder, 'project')
  const toolchain = join(folder, 'toolchain')
  await mkdir(project)
  for (const name of names) {
    const pack = ['pack', '--pack-destination', folder, '--workspace', `@hedgepayments/${name}`]
    await run('npm', pack, { cwd: root })
  }
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  await writeFile(join(project, 'package.json'), '{"private":true}')
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error']
  await run('npm', ['install', ...quiet, ...tarballs.map((name) => join(folder, name))], {
    cwd: project,
  })
  await cp(join(import.meta.dirname, 'toolchain'), toolchain, { recursive: true })
  await run('npm', ['ci', ...quiet], { cwd: toolchain })
  return {
    project,
    tool: (path) => join(toolchain, 'node_modules', path),
    async run(program, args, env = {}) {
      const clean = { PATH: '/usr/bin:/bin', HOME: folder, NO_COLOR: '1', ...env }
      const { stdout } = await run(program, args, { cwd: project, env: clean })
      return stdout
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
