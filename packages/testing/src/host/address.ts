import { chmod, link, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Place, withFolder } from './place.ts'

/** Where a host listens for clients, and what it asks them for. */
export interface Address {
  readonly port: number
  readonly token: string
}

/** Starts the names of the folders of hosts. Each of them contains the host's address. */
export const hostPrefix = 'host-'
/** Starts the name of a folder that has no address yet. */
export const newPrefix = 'new-'

/** Creates the folder of a host, complete with its address. */
export async function makeHostFolder(place: Place, address: Address): Promise<string> {
  const made = await withFolder(place, () => mkdtemp(join(place.folder, newPrefix)))
  await chmod(made, place.mode)
  await writeFile(addressFile(made), JSON.stringify(address), { mode: 0o600 })
  const folder = join(place.folder, hostPrefix + made.slice(join(place.folder, newPrefix).length))
  await rename(made, folder)
  return folder
}

/** The address in the folder of a host; `undefined`: the folder is gone. */
export async function readFolder(folder: string): Promise<Address | undefined> {
  return await readAddress(addressFile(folder))
}

/** The claims of a place, newest first, as paths. */
export async function listClaims(place: Place): Promise<string[]> {
  const names = await withFolder(place, () => readdir(place.folder))
  const numbers = names
    .map((name) =>
      name.startsWith(`${place.key}.`) ? Number(name.slice(place.key.length + 1)) : 0,
    )
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => b - a)
  return numbers.map((number) => claimPath(place, number))
}

/**
 * Makes a host the one of its place. Claims are numbered, and a claim of a killed host is followed by
 * the next number: replacing a file could replace the claim of a host that has just started.
 *
 * @param after the claims that the caller knows to be dead.
 * @returns the claim; `undefined`: another host was faster.
 */
export async function claim(
  place: Place,
  { folder, after }: { folder: string; after: readonly string[] },
): Promise<string | undefined> {
  const numbers = after.map((path) => Number(path.slice(path.lastIndexOf('.') + 1)))
  const path = claimPath(place, Math.max(0, ...numbers) + 1)
  try {
    await link(addressFile(folder), path)
    return path
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

/** Removes a claim, if it is still the one with this address. */
export async function release(path: string, { token }: Address): Promise<void> {
  if ((await readAddress(path))?.token === token) await rm(path, { force: true })
}

/** Reads an address; `undefined`: the file is gone, or is none. */
export async function readAddress(path: string): Promise<Address | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  try {
    const { port, token } = JSON.parse(text) as Partial<Address>
    return typeof port === 'number' && typeof token === 'string' ? { port, token } : undefined
  } catch {
    return undefined
  }
}

function claimPath({ folder, key }: Place, number: number): string {
  return join(folder, `${key}.${number}`)
}

function addressFile(folder: string): string {
  return join(folder, 'address.json')
}
