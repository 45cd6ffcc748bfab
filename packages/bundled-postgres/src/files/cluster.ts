import { readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BundledPostgresError } from '../failure.ts'
import { run, tail } from '../processes/program.ts'
import type { Binaries } from './binaries.ts'
import { give, type Home, makePassable, makePrivate } from './home.ts'
import { partialName, removeAbandoned, syncFolder } from './partial.ts'

/** The role that owns the cluster. The server itself uses the role `hedge`, which is no superuser. */
export const superuser = 'postgres'

/**
 * Creates the cluster in `<home>/data` unless it exists. initdb works in a folder beside it, which is
 * renamed when all of it is on disk. So a kill in the middle leaves no half of a cluster.
 *
 * @throws {BundledPostgresError} when the data is of another major version, or initdb fails.
 */
export async function ensureCluster(
  home: Home,
  binaries: Binaries,
  { isThrowAway }: { isThrowAway: boolean },
): Promise<void> {
  await removeAbandoned(home.folder)
  const data = join(home.folder, 'data')
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(unlessMissing))?.trim()
  if (version === binaries.major) return
  if (version !== undefined) {
    throw new BundledPostgresError(
      `${data} was written by PostgreSQL ${version}, and the bundled one is ${binaries.major}. ` +
        'Dump the data with the version that wrote it and load it into a new data folder, or set ' +
        'DATABASE_URL to a server of that version.',
    )
  }
  await initialize({ home, binaries, data, isThrowAway })
}

async function initialize(options: {
  home: Home
  binaries: Binaries
  data: string
  isThrowAway: boolean
}): Promise<void> {
  const { home, binaries, data, isThrowAway } = options
  const { account } = home
  const work = partialName(data)
  await rm(work, { recursive: true, force: true })
  await makePassable(work)
  try {
    const passwordFile = join(work, 'password')
    await writeFile(passwordFile, home.password, { flag: 'wx', mode: 0o600 })
    await give(passwordFile, account)
    const made = join(work, 'data')
    await makePrivate(made, account)
    const { code, output } = await run({
      program: join(binaries.folder, 'initdb'),
      args: [
        ...['-D', made, '-U', superuser, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
        // Text sorts and folds in the same way on every machine, whatever its C library.
        ...['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
        '--no-instructions',
        ...(isThrowAway ? ['--no-sync'] : []),
      ],
      folder: work,
      account,
    })
    if (code !== 0) {
      throw new BundledPostgresError(`initdb could not make a database:\n${tail(output)}`)
    }
    await moveInto(data, made)
    await syncFolder(home.folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function moveInto(data: string, made: string): Promise<void> {
  // An empty folder at this path is no cluster. Windows does not rename over a folder.
  await rmdir(data).catch(() => undefined)
  try {
    await rename(made, data)
  } catch (cause) {
    const rival = await readFile(join(data, 'PG_VERSION')).catch(() => undefined)
    // Another server started at the same time and was faster. Its cluster has the same password.
    if (rival) return
    throw new BundledPostgresError(
      `${data} is in the way: it holds files, but no PostgreSQL cluster. Move it away.`,
      { cause },
    )
  }
}

function unlessMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT') return undefined
  throw cause
}
