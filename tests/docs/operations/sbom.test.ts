import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { beforeAll, expect, test } from 'vitest'

const require = createRequire(import.meta.url)
const root = join(import.meta.dirname, '../../..')

interface Component {
  readonly name: string
  readonly purl: string
  readonly licenses?: readonly unknown[]
}

interface Bom {
  readonly bomFormat: string
  readonly specVersion: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
}

let bom: Bom

beforeAll(() => {
  const output = execFileSync('npm', ['run', '--silent', 'sbom'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  })
  bom = JSON.parse(output) as Bom
})

test('lists what the server runs on, in the locked versions, and no tools', () => {
  const listed = new Set(bom.components.map(({ purl }) => decodeURIComponent(purl)))
  const server = readManifest('packages/server/package.json').dependencies ?? {}
  const missing = Object.entries(server).filter(
    ([name, version]) => !listed.has(`pkg:npm/${name}@${version}`),
  )
  expect(missing).toEqual([])
  const tools = ['@biomejs/biome', 'knip', 'playwright-core', 'typescript', 'vite', 'vitest']
  const names = [...listed].map((purl) => purl.replace(/^pkg:npm\/(.+)@[^@]+$/, '$1'))
  expect(names.filter((name) => tools.includes(name))).toEqual([])
  expect(names).not.toContain(readManifest('tests/clients/package.json').name)
})

test.each(['checkout', 'dashboard', 'docs'])(
  'lists the libraries that browsers get from the app %s',
  (app) => {
    const imported = globSync(`apps/${app}/src/**/*.{ts,tsx}`, { cwd: root })
      .filter((path) => !path.includes('.test.') && (app !== 'docs' || path.includes('/browser/')))
      .flatMap((path) => [
        ...readFileSync(join(root, path), 'utf8').matchAll(/ from '([@\w][^']*)'/g),
      ])
      .map(([, name = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    expect(imported.length).toBeGreaterThan(0)
    const names = bom.components.map(({ name }) => name)
    expect([...new Set(imported)].filter((name) => !names.includes(name))).toEqual([])
  },
)

test('is what the official schema of its CycloneDX version asks for', () => {
  expect(bom.bomFormat).toBe('CycloneDX')
  const validate = officialSchema(bom.specVersion)
  validate(bom)
  expect(validate.errors).toBeNull()
  // A schema that takes anything would show nothing.
  const [first, ...others] = bom.components
  expect(validate({ ...bom, components: [{ ...first, type: 'no such type' }, ...others] })).toBe(
    false,
  )
  expect(validate({ ...bom, serialNumber: 'not a urn' })).toBe(false)
})

test('names the project and its parts as they are called, wherever they lie', () => {
  const named = [bom.metadata.component, ...bom.components]
  const wrong = named.filter(
    ({ name, purl }) => !decodeURIComponent(purl).startsWith(`pkg:npm/${name}@`),
  )
  expect(wrong).toEqual([])
})

test('says the licence of everything in it', () => {
  const all = [bom.metadata.component, ...bom.components]
  expect(all.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([])
})

test.each(['dashboard', 'checkout', 'docs'])(
  'the pages of %s carry the notices of the libraries that their scripts contain',
  (app) => {
    const { dependencies = {} } = readManifest(`apps/${app}/package.json`)
    const libraries = Object.keys(dependencies).filter(
      (name) => !name.startsWith('@hedgepayments/'),
    )
    expect(libraries).not.toEqual([])
    const [file] = globSync(`apps/${app}/dist/licenses.*`, { cwd: root })
    const notices = readFileSync(join(root, file ?? ''), 'utf8')
    for (const name of libraries) {
      const [license] = globSync(`node_modules/${name}/LICENSE*`, { cwd: root })
      const text = readFileSync(join(root, license ?? ''), 'utf8')
      expect(onOneLine(notices), name).toContain(onOneLine(text))
    }
  },
)

/** Replaces line breaks by spaces, because the files wrap the same text in different places. */
function onOneLine(text: string): string {
  return text.split(/\s+/).join(' ').trim()
}

/** The schema with those it refers to, as CycloneDX’s own library ships them. */
function officialSchema(version: string) {
  const library = require.resolve('@cyclonedx/cyclonedx-library/package.json')
  const read = (name: string) =>
    JSON.parse(
      readFileSync(join(dirname(library), 'res/schema', `${name}.SNAPSHOT.schema.json`), 'utf8'),
    ) as object
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    formats: {
      ...fullFormats,
      // Internationalized forms, which ajv-formats does not know. Nothing of ours has either.
      'idn-email': true,
      'iri-reference': fullFormats['uri-reference'],
    },
  })
  for (const name of ['spdx', 'jsf-0.82']) {
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  }
  return ajv.compile(read(`bom-${version}`))
}

function readManifest(path: string) {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as {
    name: string
    dependencies?: Record<string, string>
  }
}
