import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { type BuiltPackage, root } from './packages.ts'

const run = promisify(execFile)

/** The module name in an import or a re-export, also in `import('…')` of a type. */
const moduleNames = /(?<=\bfrom |\bimport |\bimport\()(['"])([^'"]+)\1/g

/**
 * Writes the declarations of a package into a folder, by default `dist`: one file for each entry point,
 * which exports the declarations of its modules in `types`. That folder also contains the modules of
 * private packages, because users cannot install these packages.
 */
export async function writeDeclarations(
  folder: string,
  built: BuiltPackage,
  target: string = join(folder, 'dist'),
): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), 'hedge-types-'))
  try {
    const modules = join(emitted, 'packages')
    await emit(built, folder, modules)
    const entries = Object.entries(built.entries).filter(
      ([name]) => !built.programs?.includes(name),
    )
    const waiting = new Set(
      entries.map(([, source]) => declarationOf(join(modules, built.name, source))),
    )
    // The loop also reaches the files that it adds.
    for (const file of waiting) {
      const text = rename(await readFile(file, 'utf8'), file, modules, waiting)
      const copy = join(target, 'types', relative(modules, file))
      await mkdir(dirname(copy), { recursive: true })
      await writeFor(built, copy, text)
    }
    for (const [name, source] of entries) {
      const module = `./types/${built.name}/${source.replace(/\.ts$/, '.js')}`
      await writeFor(built, join(target, `${name}.d.ts`), `export * from '${module}'\n`)
    }
  } finally {
    await rm(emitted, { recursive: true, force: true })
  }
}

/** Compiles the package and its private packages, which TypeScript would otherwise treat as libraries. */
async function emit(built: BuiltPackage, folder: string, target: string): Promise<void> {
  const project = join(dirname(target), 'tsconfig.json')
  const included = [built.name, ...privatePackagesOf(built.name)]
  const settings = {
    extends: join(folder, 'tsconfig.json'),
    compilerOptions: {
      ...{ noEmit: false, incremental: false, declaration: true, emitDeclarationOnly: true },
      ...{ stripInternal: true, rootDir: join(root, 'packages'), outDir: target },
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: included.map((name) => join(root, 'packages', name, 'src')),
    exclude: ['**/*.test.ts'].map((pattern) => join(root, 'packages', pattern)),
  }
  await writeFile(project, JSON.stringify(settings))
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project])
}

/** Writes a declaration file, and for a package with a CommonJS build its `.d.cts` twin. */
async function writeFor(built: BuiltPackage, file: string, text: string): Promise<void> {
  await writeFile(file, text)
  if (!built.formats.includes('cjs')) return
  const twin = text.replaceAll(moduleNames, (name) => name.replace(/\.js(?=['"]$)/, '.cjs'))
  await writeFile(file.replace(/\.d\.ts$/, '.d.cts'), twin)
}

/**
 * Replaces the names of imported modules by relative paths in the package, and adds their files to
 * `waiting`.
 */
function rename(text: string, file: string, modules: string, waiting: Set<string>): string {
  return text.replaceAll(moduleNames, (whole, quote: string, name: string) => {
    const found = findDeclaration(name, file, modules)
    if (found === undefined) return whole
    waiting.add(found)
    const path = relative(dirname(file), found).replace(/\.d\.ts$/, '.js')
    return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
  })
}

/** The emitted declaration of a relative or a private module. `undefined`: a dependency. */
function findDeclaration(name: string, file: string, modules: string): string | undefined {
  if (name.startsWith('.')) return declarationOf(join(dirname(file), name))
  const [, project, subpath = ''] = /^@hedgepayments\/([^/]+)(\/.*)?$/.exec(name) ?? []
  if (project === undefined) return undefined
  const manifest = readManifest(project)
  const source = manifest.private ? manifest.exports?.[`.${subpath}`] : undefined
  return source && declarationOf(join(modules, project, source))
}

interface Manifest {
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function readManifest(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest
}

function privatePackagesOf(name: string): string[] {
  return Object.keys(readManifest(name).devDependencies ?? {}).map((full) =>
    full.replace('@hedgepayments/', ''),
  )
}

function declarationOf(source: string): string {
  const file = source.replace(/\.[tj]s$/, '.d.ts')
  if (!existsSync(file)) throw new Error(`the declaration ${file} does not exist`)
  return file
}
