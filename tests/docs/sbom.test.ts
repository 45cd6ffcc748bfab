import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

interface Bom {
  readonly bomFormat: string
  readonly components: readonly { readonly purl: string; readonly hashes?: readonly unknown[] }[]
}

test('lists what the server runs on, in the locked versions, and no tools', () => {
  const output = execFileSync('npm', ['run', '--silent', 'sbom'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  })
  const { bomFormat, components } = JSON.parse(output) as Bom
  expect(bomFormat).toBe('CycloneDX')
  const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl)))
  const server = readManifest('packages/server/package.json').dependencies ?? {}
  const missing = Object.entries(server).filter(
    ([name, version]) => !listed.has(`pkg:npm/${name}@${version}`),
  )
  expect(missing).toEqual([])
  const tools = ['@biomejs/biome', 'knip', 'playwright-core', 'typescript', 'vite', 'vitest']
  const names = [...listed].map((purl) => purl.replace(/^pkg:npm\/(.+)@[^@]+$/, '$1'))
  expect(names.filter((name) => tools.includes(name))).toEqual([])
})

function readManifest(path: string) {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as {
    dependencies?: Record<string, string>
  }
}
