import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import type { Generator, Given } from './programs.ts'

const execute = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

/** Every compiler check that a user of the generated code may have enabled. */
export const compilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2022', 'dom', 'dom.iterable'],
  types: [],
}

export interface Client {
  /** The errors of TypeScript in the generated client and the program. Empty: no errors. */
  check(): Promise<string>
  run(given: Given): Promise<unknown>
  remove(): void
}

/** Generates a client of `document` into a folder of its own, beside a program that uses it. */
export async function generateClient(
  generator: Generator,
  { document, baseUrl, program }: { document: string; baseUrl: string; program: string },
): Promise<Client> {
  const folder = mkdtempSync(join(tmpdir(), `hedge-client-${generator}-`))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    linkLibraries(folder)
    const start = join(import.meta.dirname, 'generate-process.ts')
    await execute(process.execPath, [start, generator, document, folder, baseUrl], { cwd: folder })
    writeFileSync(join(folder, 'program.ts'), program)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  } catch (cause) {
    remove()
    throw cause
  }
  return { check: () => compile(folder), run: (given) => runProgram(folder, given), remove }
}

/** The libraries that the generated code imports. */
export function linkLibraries(folder: string): void {
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['openapi-fetch', 'zod']) {
    symlinkSync(
      dirname(require.resolve(`${name}/package.json`)),
      join(folder, 'node_modules', name),
    )
  }
}

/** Compiles a folder with its `tsconfig.json`. Returns the errors of TypeScript. Empty: no errors. */
export async function compile(folder: string): Promise<string> {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const compiled = execute(tsc, ['-p', folder])
  const { stdout } = await compiled.catch((failed: { stdout: string }) => failed)
  return stdout
}

/** Bundles the program, because generated code is written for bundlers, and runs it in this process. */
async function runProgram(folder: string, given: Given): Promise<unknown> {
  const file = join(folder, 'program.mjs')
  const bundle = await rolldown({ input: join(folder, 'program.ts'), logLevel: 'silent' })
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
  const program = (await import(pathToFileURL(file).href)) as {
    run(given: Given): Promise<unknown>
  }
  return await program.run(given)
}
