import { createHash } from 'node:crypto'
import { access, chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { version } from '../version.ts'

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
  const made = await mkdir(folder, { mode }).catch(unlessPresent)
  if (made !== 'present') await chmod(folder, mode)
  await requireOwn(folder)
  const project = await findProject(process.cwd())
  const key = createHash('sha256').update(`${project}\n${version}`).digest('hex').slice(0, 16)
  return { folder, mode, key }
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

function unlessPresent(error: NodeJS.ErrnoException): 'present' {
  if (error.code === 'EEXIST') return 'present'
  throw error
}
