import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BundledPostgresError } from '../failure.ts'

/** A user of this machine. PostgreSQL runs as this user instead of root. */
export type Account = { name: string; uid: number; gid: number }

export const runsAsRoot = (): boolean => process.getuid?.() === 0

/**
 * The user that PostgreSQL runs as; `undefined`: the user of this process. PostgreSQL refuses to run
 * as root, so it runs as an existing user: the server creates no users on the machine.
 *
 * @param ownerUid the owner of an existing cluster, which has to run as this owner.
 * @throws {BundledPostgresError} when root finds no such user.
 */
export async function chooseAccount(ownerUid?: number): Promise<Account | undefined> {
  if (!runsAsRoot()) return undefined
  const accounts = await readAccounts()
  if (ownerUid !== undefined) {
    const owner = accounts.find((account) => account.uid === ownerUid)
    return owner ?? { name: String(ownerUid), uid: ownerUid, gid: ownerUid }
  }
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0)
    if (account) return account
  }
  throw new BundledPostgresError(
    'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor a user ' +
      '"nobody" to run it as. Start the server as another user, or set DATABASE_URL.',
  )
}

/** Whether the account can pass through every folder from the root of the disk to this folder. */
export async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  if (!account) return true
  for (let step = await realpath(folder); ; step = dirname(step)) {
    if (!(await permits(account, step, 0o1))) return false
    if (step === dirname(step)) return true
  }
}

/** Whether the mode of this file or folder grants the account these bits (4: read, 1: enter). */
export async function permits(
  account: Account | undefined,
  path: string,
  bits: number,
): Promise<boolean> {
  if (!account) return true
  const { mode, uid, gid } = await stat(path)
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  return ((mode >> shift) & bits) === bits
}

async function readAccounts(): Promise<Account[]> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  return lines.flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}
