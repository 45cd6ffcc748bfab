import { randomBytes } from 'node:crypto'
import { chmod, lchown, link, mkdir, open, readFile, realpath, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { BundledPostgresError } from '../failure.ts'
import { type Account, canEnter, chooseAccount, permits, runsAsRoot } from '../processes/account.ts'
import { partialName, syncFolder } from './partial.ts'

/** The folder of one bundled PostgreSQL: configuration, password, cluster, logs and socket. */
export type Home = { folder: string; account: Account | undefined; password: string }

/**
 * Places for data that cannot stay in the data folder, best first. A reboot empties neither of them.
 */
const sharedFolders = ['/var/lib', '/var/tmp']

/**
 * Finds or creates the home of a data folder: `<dataDir>/postgres`. If PostgreSQL has to run as another
 * user, who cannot enter that folder, the home is a folder under /var/lib. The file
 * `<dataDir>/postgres.location` then names it, so deleting the data folder still means a fresh start.
 *
 * @throws {BundledPostgresError} when there is no place, or when the home is another user's.
 */
export async function openHome(dataDir: string, log: (message: string) => void): Promise<Home> {
  const dataFolder = await makeDataFolder(resolve(dataDir))
  const folder = await locate(dataFolder, log)
  await makeOrExplain(folder)
  const account = await chooseAccount(await ownerOfCluster(folder))
  if (!(await canEnter(account, folder))) {
    throw new BundledPostgresError(
      `PostgreSQL's data is in ${folder}, where its owner "${account?.name}" cannot enter any more. ` +
        'Let that user pass through the folders above it, or set HEDGE_DATA_DIR or DATABASE_URL.',
    )
  }
  return { folder, account, password: await readOrMakePassword(folder) }
}

/**
 * Creates a folder that the account can pass through but not list, whatever the umask. An existing
 * folder keeps its mode.
 */
export async function makePassable(folder: string): Promise<void> {
  if (await makeFolder(folder)) await chmod(folder, runsAsRoot() ? 0o711 : 0o700)
}

/**
 * Creates a folder and the folders above it; `false`: it existed. Node's own `recursive` never returns
 * where the system reports ENOENT although the folder above exists, as /proc does.
 */
async function makeFolder(folder: string): Promise<boolean> {
  if (await isFolder(folder)) return false
  if (dirname(folder) !== folder) await makeFolder(dirname(folder))
  try {
    await mkdir(folder)
    return true
  } catch (cause) {
    // Processes that start at the same time create it at the same time.
    if (await isFolder(folder)) return false
    throw cause
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** Creates a folder that only the account can use. Its parent must belong to this process's user. */
export async function makePrivate(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await give(folder, account)
}

/** Gives a file or folder to the account. It never follows a link, which may be a trap. */
export async function give(path: string, account: Account | undefined): Promise<void> {
  if (!account) return
  await lchown(path, account.uid, account.gid)
}

async function makeDataFolder(folder: string): Promise<string> {
  await makeOrExplain(folder)
  return await realpath(folder)
}

async function makeOrExplain(folder: string): Promise<void> {
  try {
    await makePassable(folder)
  } catch (cause) {
    throw new BundledPostgresError(
      `HEDGE_DATA_DIR: expected a folder that can be written to: ${(cause as Error).message}. ` +
        'Set it to another one, or DATABASE_URL to a database of yours.',
      { cause },
    )
  }
}

async function locate(dataFolder: string, log: (message: string) => void): Promise<string> {
  const pointer = join(dataFolder, 'postgres.location')
  const inside = join(dataFolder, 'postgres')
  const elsewhere = (await readFile(pointer, 'utf8').catch(unlessMissing))?.trim()
  if (elsewhere) {
    if (await isThere(elsewhere)) return elsewhere
    throw new BundledPostgresError(
      `${pointer} says that PostgreSQL's data is in ${elsewhere}, but there is no such folder. ` +
        `Restore it, or delete ${pointer} to start with an empty database.`,
    )
  }
  if (await isThere(join(inside, 'data'))) return inside
  const account = await chooseAccount()
  await letThrough(account, dataFolder, log)
  if (await canEnter(account, dataFolder)) return inside

  const folder = await makeElsewhere(account)
  await writeOnce(pointer, `${folder}\n`)
  log(
    `PostgreSQL runs as user "${account?.name}", who cannot enter ${dataFolder}: ` +
      `its data is in ${folder}, and ${pointer} says so.`,
  )
  return (await readFile(pointer, 'utf8')).trim()
}

/**
 * Lets the account pass through a data folder that only root can enter, in a place that all users can
 * enter (a volume, a `mktemp -d`). It still cannot list the folder. Data elsewhere would be lost with
 * the container.
 */
async function letThrough(
  account: Account | undefined,
  folder: string,
  log: (message: string) => void,
): Promise<void> {
  if (!account || (await permits(account, folder, 0o1))) return
  if (!(await canEnter(account, dirname(folder)))) return
  const { mode, uid } = await stat(folder)
  if (uid !== 0) return
  await chmod(folder, (mode & 0o7777) | 0o011)
  log(`User "${account.name}", as whom PostgreSQL runs, may now pass through ${folder}.`)
}

async function makeElsewhere(account: Account | undefined): Promise<string> {
  const id = randomBytes(8).toString('hex')
  const failures: string[] = []
  for (const shared of sharedFolders) {
    // It must be created here: in a folder where all users may write, an existing name may be a trap.
    const folder = join(shared, `hedge-payments-${id}`)
    try {
      await mkdir(folder)
      await chmod(folder, 0o711)
      if (await canEnter(account, folder)) return await realpath(folder)
      failures.push(`user "${account?.name}" cannot enter ${shared}`)
      await rm(folder, { recursive: true })
    } catch (cause) {
      failures.push((cause as Error).message)
    }
  }
  throw new BundledPostgresError(
    `There is no lasting place for PostgreSQL's data that user "${account?.name}" can enter ` +
      `(${failures.join('; ')}). Set HEDGE_DATA_DIR to one, or DATABASE_URL.`,
  )
}

async function ownerOfCluster(folder: string): Promise<number | undefined> {
  if (process.platform === 'win32') return undefined
  const data = join(folder, 'data')
  const owner = (await stat(data).catch(unlessMissing))?.uid
  if (owner === undefined) return undefined
  if (runsAsRoot() && owner === 0) {
    throw new BundledPostgresError(
      `${data} belongs to root, as whom PostgreSQL refuses to run. Give it back to the user it was ` +
        'made by, for example with `chown -R postgres`.',
    )
  }
  if (!runsAsRoot() && owner !== process.getuid?.()) {
    throw new BundledPostgresError(
      `${data} belongs to user ${owner}: start the server as root or as that user, or set ` +
        'HEDGE_DATA_DIR to another folder.',
    )
  }
  return owner
}

/** Of processes that start at the same time, the first writes the password and the others read it. */
async function readOrMakePassword(folder: string): Promise<string> {
  const file = join(folder, 'password')
  // The order matters: when another process starts at the same time, its cluster appears only after
  // its password.
  const isInUse = await isThere(join(folder, 'data', 'PG_VERSION'))
  const present = await readFile(file, 'utf8').catch(unlessMissing)
  if (present) return present
  if (isInUse) {
    throw new BundledPostgresError(
      `${file}, the password of the database beside it, is missing. Restore it from a backup.`,
    )
  }
  await writeOnce(file, randomBytes(24).toString('hex'))
  return await readFile(file, 'utf8')
}

/** Writes a private file, whole and on disk, unless it exists. */
async function writeOnce(file: string, text: string): Promise<void> {
  const partial = partialName(file)
  await rm(partial, { force: true })
  const handle = await open(partial, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await link(partial, file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause
  })
  await rm(partial)
  await syncFolder(join(file, '..'))
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(unlessMissing)) !== undefined
}

function unlessMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined
  const hint =
    cause.code === 'EACCES' ? ' It belongs to another user: start the server as that user.' : ''
  throw new BundledPostgresError(`${cause.message}.${hint}`, { cause })
}
