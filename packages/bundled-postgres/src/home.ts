import { randomBytes } from 'node:crypto'
import { chmod, lchown, link, mkdir, open, readFile, realpath, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Account, canEnter, chooseAccount, permits, runsAsRoot } from './account.ts'
import { BundledPostgresError } from './failure.ts'
import { partialName, syncFolder } from './partial.ts'

/** The folder of one bundled PostgreSQL: configuration, password, cluster, logs and socket. */
export type Home = { folder: string; account: Account | undefined; password: string }

/**
 * Where data goes that cannot stay in the data folder, best first. Neither is emptied at a reboot.
 */
const sharedFolders = ['/var/lib', '/var/tmp']

/**
 * Finds or makes the home for a data folder: `<dataDir>/postgres`, unless PostgreSQL has to run as
 * another user who cannot enter there. Then it is a folder under /var/lib, and the file
 * `<dataDir>/postgres.location` says which: deleting the data folder still means a fresh start.
 * Throws BundledPostgresError when there is no place, or when it is another user's.
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
 * Makes a folder that the account can pass through but not list, whatever the umask. One that was
 * there before keeps the mode somebody gave it.
 */
export async function makePassable(folder: string): Promise<void> {
  if (await makeFolder(folder)) await chmod(folder, runsAsRoot() ? 0o711 : 0o700)
}

/**
 * Makes a folder and those above it; `false`: it was there. Node's own `recursive` never comes back
 * where the system says ENOENT although the folder above is there, as it does in /proc.
 */
async function makeFolder(folder: string): Promise<boolean> {
  if (await isFolder(folder)) return false
  if (dirname(folder) !== folder) await makeFolder(dirname(folder))
  try {
    await mkdir(folder)
    return true
  } catch (cause) {
    // Several that start at once make it at once.
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

/** Makes a folder that belongs to the account alone. Its parent has to be ours, not the account's. */
export async function makePrivate(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await give(folder, account)
}

/** Hands a file or folder to the account, and never through a link that was set as a trap. */
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
 * A data folder that only root can enter, in a place that all can (a volume, a `mktemp -d`), is opened
 * for passing through, not for listing: data that left it would be lost with the container.
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
    // Made by us or not at all: in a folder where all may write, a name could be a trap.
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

/** The first of several that start at once decides; the others read what it wrote. */
async function readOrMakePassword(folder: string): Promise<string> {
  const file = join(folder, 'password')
  // In this order: a cluster appears only after its password, when others start at the same moment.
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

/** Writes a private file, whole and on disk, unless it is there already. */
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
