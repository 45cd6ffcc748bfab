import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isLongRun } from '../support/size.ts'
import { migrationRule } from './migration-rules.ts'
import { rules } from './rules.ts'

const root = join(import.meta.dirname, '../..')
const binary = /\.(?:png|jpe?g|gif|ico|woff2?|pdf|gz|tgz)$/

/** Tracked files that exist. git also lists files that were deleted and not committed yet. */
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))

type Manifest = { name?: string; license?: string } & Partial<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>
>

describe('the repository keeps the rule', () => {
  test.each([...rules, migrationRule])('$name', ({ covers, offences }) => {
    const found = tracked
      // The rules and their planted defects contain the forbidden texts.
      .filter((path) => covers(path) && !binary.test(path) && !path.startsWith('tests/tree/'))
      .flatMap((path) =>
        offences(readFileSync(join(root, path), 'utf8')).map((offence) => `${path}: ${offence}`),
      )
    expect(found).toEqual([])
  })

  test('that git tracks files, so that the rules check something', () => {
    expect(tracked.length).toBeGreaterThan(20)
  })

  test('that every workspace has the licence of the repository', () => {
    const whole = readManifest('package.json').license
    expect(whole).toBe('Apache-2.0')
    expect(manifests().filter((path) => readManifest(path).license !== whole)).toEqual([])
  })

  test('that every dependency is pinned exactly', () => {
    const ranged = manifests().flatMap((path) => {
      const { dependencies, devDependencies, optionalDependencies } = readManifest(path)
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([, version]) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name}@${version}`)
    })
    expect(ranged).toEqual([])
  })

  test('that npm ci accepts the lockfile on every platform (else: npm run lockfile)', () => {
    const { packages } = readJson(join(root, 'package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>
    }
    const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)))
    const optional = Object.values(packages).flatMap(({ optionalDependencies }) =>
      Object.keys(optionalDependencies ?? {}),
    )
    expect(optional.length).toBeGreaterThan(0)
    expect(optional.filter((name) => !locked.has(name))).toEqual([])
  })

  test('that migrations are numbered from one without a gap', () => {
    const numbers = tracked
      .filter((path) => dirname(path) === 'packages/server/src/database/migrations')
      .flatMap((path) => /^\d+/.exec(basename(path))?.[0] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })

  test.runIf(isLongRun)('that tsc -b checks every TypeScript file', () => {
    const { references } = readJson(join(root, 'tsconfig.json')) as {
      references: readonly { path: string }[]
    }
    const checked = new Set(references.flatMap(({ path }) => filesOfProject(path)))
    const typeScript = tracked.filter((path) => /\.[cm]?tsx?$/.test(path))
    expect(typeScript.filter((path) => !checked.has(path))).toEqual([])
  })
})

function manifests(): string[] {
  return tracked.filter((path) => basename(path) === 'package.json')
}

function readManifest(path: string): Manifest {
  return readJson(join(root, path)) as Manifest
}

/** Reads JSON that may have comment lines, as TypeScript's configuration does. */
function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8').replace(/^\s*\/\/.*$/gm, ''))
}

/** The files that a project names to `tsc`, relative to the root. */
function filesOfProject(project: string): string[] {
  const tsc = globSync('node_modules/.bin/tsc', { cwd: root })[0]
  if (!tsc) throw new Error('TypeScript is not installed: run npm ci')
  const config = execFileSync(join(root, tsc), ['-p', project, '--showConfig'], {
    cwd: root,
    encoding: 'utf8',
  })
  const { files = [] } = JSON.parse(config) as { files?: readonly string[] }
  return files.map((path) => posix.join(project, path))
}
