import { createHash } from 'node:crypto'
import { access, constants, lstat, mkdir, open, realpath, rmdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { version } from '../version.ts'

/** Each removal of the folder is the end of a host, so more in a row mean that something else removes it. */
const attemptsMax = 100

/** Where the test runs of a user find their servers. */
export interface Place {
  /** A folder of the user in the system's temporary folder. */
  readonly folder: string
  /** The mode of the folder, and of the folders of hosts in it. */
  readonly mode: number
  /** Test runs of one project and version of this package have the same key, and share a server. */
  readonly key: string
}

/**
 * Opens the place of the current project, which is the nearest folder with a package.json.
 *
 * @throws {Error} if the folder belongs to another user, or other users may write to it.
 */
export async function openPlace(): Promise<Place> {
  const user = process.getuid?.() ?? userInfo().username
  const folder = join(await realpath(tmpdir()), `hedge-testing-${user}`)
  // PostgreSQL does not run as root: its user has to pass through, and cannot list the folder.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700
  const project = await findProject(process.cwd())
  const key = createHash('sha256').update(`${project}\n${version}`).digest('hex').slice(0, 16)
  const place = { folder, mode, key }
  await makeFolder(place)
  return place
}

/**
 * Runs `work` in the folder of the place. The last host removes the folder, also while others start, so
 * `work` is repeated if the folder is gone. Once the folder contains something, it stays.
 *
 * @throws {Error} if the folder belongs to another user, or other users may write to it.
 */
export async function withFolder<T>(place: Place, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      await makeFolder(place)
      const result = await work()
      // Another user may have made the folder after it was removed.
      await requireOwn(place.folder)
      return result
    } catch (error) {
      if (!isGone(error) || attempt >= attemptsMax) throw error
    }
  }
}

/** Removes the folder of the place, unless a host or a claim is in it. */
export async function removeFolder({ folder }: Place): Promise<void> {
  // Unlike a recursive removal, it fails if a host has just put its own folder there.
  await rmdir(folder).catch(() => undefined)
}

async function makeFolder({ folder, mode }: Place): Promise<void> {
  const made = await mkdir(folder, { mode }).catch(unlessPresent)
  if (made !== 'present') await setMode(folder, mode).catch(unlessGone)
  await requireOwn(folder).catch(unlessGone)
}

/** The mode of `mkdir` is reduced by the umask. Never follows a link that has taken the folder's name. */
async function setMode(folder: string, mode: number): Promise<void> {
  if (process.platform === 'win32') return
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  const handle = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    await handle.chmod(mode)
  } finally {
    await handle.close()
  }
}

async function requireOwn(folder: string): Promise<void> {
  const found = await lstat(folder)
  const isOwn = process.platform === 'win32' || found.uid === process.getuid?.()
  const isClosed = process.platform === 'win32' || (found.mode & 0o022) === 0
  if (found.isDirectory() && isOwn && isClosed) return
  throw new Error(
    `startSandbox: ${folder} has to be a folder of yours to which nobody else can write. Remove it, ` +
      'or set TMPDIR.',
  )
}

async function findProject(start: string): Promise<string> {
  for (let folder = start; ; folder = dirname(folder)) {
    const isProject = await access(join(folder, 'package.json')).then(
      () => true,
      () => false,
    )
    if (isProject) return await realpath(folder)
    if (dirname(folder) === folder) return await realpath(start)
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** The work in the folder fails then, and is repeated. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (!isGone(error)) throw error
}

function unlessPresent(error: NodeJS.ErrnoException): 'present' {
  if (error.code === 'EEXIST') return 'present'
  throw error
}
