// `npm run lockfile`: completes package-lock.json for every platform.
//
// Native tools come as one optional package per platform. npm leaves out of the lockfile those that
// the registry in use does not serve (a mirror seldom has all), and `npm ci` then refuses the
// lockfile as out of step. This adds what is missing by name, exact version, platform and hash: npm
// skips them where they do not fit, and gets them from a registry that has them where they do. A
// mirror that has no package of a platform usually has its metadata, and with it the hash.

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

/** Asks the registry for the hashes that are missing. Throws where it does not know one. */
function addHashes(lock: Lockfile): string[] {
  const missing = Object.entries(lock.packages).filter(
    ([path, { integrity, link }]) => path.includes('node_modules/') && !link && !integrity,
  )
  return missing.map(([path, entry]) => {
    const named = `${path.split('node_modules/').at(-1)}@${entry.version}`
    const said = execFileSync('npm', ['view', named, 'dist.integrity'], { encoding: 'utf8' }).trim()
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(said)) throw new Error(`no hash is known of ${named}`)
    // The hash stands where npm itself writes it: after the version.
    const { version, ...rest } = entry
    lock.packages[path] = { version, integrity: said, ...rest } as Entry
    return named
  })
}

/** Looks where Node would: in the package's own node_modules, then in those around it. */
function isLocked(lock: Lockfile, from: string, name: string): boolean {
  const parts = from === '' ? [] : from.split('/')
  for (let depth = parts.length; depth >= 0; depth--) {
    if (lock.packages[[...parts.slice(0, depth), 'node_modules', name].join('/')]) return true
  }
  return false
}

/** Reads the platform from a name such as `@biomejs/cli-linux-x64-musl`, as all of them are named. */
function platformOf(name: string): Pick<Entry, 'cpu' | 'libc' | 'os'> {
  const match =
    /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-\w*?(gnu|musl))?/.exec(
      name,
    )
  if (!match) throw new Error(`${name} does not say its platform; lock it by hand`)
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
