// `npm run lockfile`: completes package-lock.json for every platform.
//
// Native tools have one optional package per platform. npm omits from the lockfile the packages that the
// current registry does not serve, and mirrors seldom serve all. `npm ci` then refuses the lockfile as
// out of sync. This script adds the missing packages with exact version, platform and hash. npm skips
// packages of other platforms, and fetches the fitting one from a registry that has it. A mirror without
// the package of a platform usually has its metadata, which includes the hash.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

type Entry = {
  version?: string
  cpu?: string[]
  dev?: boolean
  integrity?: string
  libc?: string[]
  link?: boolean
  optional?: boolean
  os?: string[]
  peer?: boolean
  optionalDependencies?: Record<string, string>
}
type Lockfile = { packages: Record<string, Entry> }

const file = 'package-lock.json'
const lockfile = JSON.parse(readFileSync(file, 'utf8')) as Lockfile
const added = complete(lockfile)
const hashed = addHashes(lockfile)
if (added.length + hashed.length > 0) {
  writeFileSync(file, `${JSON.stringify(lockfile, null, 2)}\n`)
}
console.log(`${file}: ${added.length} optional packages added`, ...added)
console.log(`${file}: ${hashed.length} hashes added`, ...hashed)

/** Adds the missing optional packages, sorted by path. Returns their names. */
function complete(lock: Lockfile): string[] {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isLocked(lock, path, name))
      .map(([name, version]) => ({ name, version, parent: entry })),
  )
  for (const { name, version, parent } of missing) {
    lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), ...roleOf(parent) }
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  )
  return missing.map(({ name }) => name)
}

/** Adds the missing hashes from the registry. @throws if the registry does not know one. */
function addHashes(lock: Lockfile): string[] {
  const missing = Object.entries(lock.packages).filter(
    ([path, { integrity, link }]) => path.includes('node_modules/') && !link && !integrity,
  )
  return missing.map(([path, entry]) => {
    const spec = `${path.split('node_modules/').at(-1)}@${entry.version}`
    const hash = execFileSync('npm', ['view', spec, 'dist.integrity'], { encoding: 'utf8' }).trim()
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(hash))
      throw new Error(`the registry has no hash of ${spec}`)
    // npm writes the hash after the version.
    const { version, ...rest } = entry
    lock.packages[path] = { version, integrity: hash, ...rest } as Entry
    return spec
  })
}

/** Searches as Node does: in the package's own node_modules, then in those of its parents. */
function isLocked(lock: Lockfile, from: string, name: string): boolean {
  const parts = from === '' ? [] : from.split('/')
  for (let depth = parts.length; depth >= 0; depth--) {
    if (lock.packages[[...parts.slice(0, depth), 'node_modules', name].join('/')]) return true
  }
  return false
}

/** Reads the platform from a name like `@biomejs/cli-linux-x64-musl`. @throws if it has none. */
function platformOf(name: string): Pick<Entry, 'cpu' | 'libc' | 'os'> {
  const match =
    /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-\w*?(gnu|musl))?/.exec(
      name,
    )
  if (!match) throw new Error(`${name} does not name its platform; add it to the lockfile by hand`)
  const [, os = '', cpu = '', libc] = match
  return {
    cpu: [cpu],
    ...(libc ? { libc: [libc === 'gnu' ? 'glibc' : 'musl'] } : {}),
    os: [os],
  }
}

function roleOf({ dev, peer }: Entry): Pick<Entry, 'dev' | 'optional' | 'peer'> {
  return { ...(dev && { dev }), optional: true, ...(peer && { peer }) }
}
