import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterEach, expect, test } from 'vitest'
import { expectedOutput, parseBlocks, readDocument } from '../docs/markdown.ts'
import { childEnvironment } from '../support/processes/environment.ts'
import { withMerchant } from '../support/servers/merchant.ts'
import { isLongRun } from '../support/size.ts'
import { compile, compilerOptions, linkLibraries } from './generated.ts'

const fixture = withMerchant()
const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** The blocks of the guide that this file runs, by the text in parentheses. */
const blocks = parseBlocks(readDocument('docs/generating-a-client.md')).flatMap(
  ({ info, language, code }) => {
    const [, name] = /^no-run: tests\/clients\/guide\.test\.ts runs it \((.+)\)$/.exec(info) ?? []
    return name === undefined ? [] : [{ name, language, code }]
  },
)

const generators = [...new Set(blocks.map(({ name }) => name))].filter(
  (name) => !name.endsWith('.mjs'),
)

/**
 * The generators are installed in the workspace of these tests: `npx` runs them from there, and `npm`
 * does nothing.
 */
const prelude = `set -euo pipefail
npm() { :; }
npx() { local program="\${1##*/}"; shift; "$program" "$@"; }
`

let folder: string | undefined
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

test('the guide has commands and a program for each generator', () => {
  expect(generators).toEqual(['openapi-typescript', 'hey-api', 'orval'])
  for (const generator of generators) {
    const found = blocks.filter(({ name }) => name === generator)
    expect(found.map(({ language }) => language)).toEqual(['sh', 'ts'])
  }
})

// In `npm test` clients.test.ts generates, compiles and runs a client.
test.runIf(isLongRun).each(generators)(
  'the commands of the guide generate a client by %s, whose program compiles in strict mode and runs',
  async (generator) => {
    folder = createFolder()
    const { url, secretKey } = fixture.servers[0] ?? expect.fail('the server has not started')
    const forServer = (code: string) => code.replaceAll('http://127.0.0.1:4000', url)
    for (const { name, code } of blocks) {
      if (name.endsWith('.mjs')) writeFileSync(join(folder, name), forServer(code))
    }
    const [commands, program] = blocks.filter(({ name }) => name === generator)
    await runCommands(folder, forServer(commands?.code ?? ''))
    writeFileSync(join(folder, 'program.ts'), forServer(program?.code ?? ''))
    expect(await compile(folder)).toBe('')
    const lines = (await runProgram(folder, secretKey)).trim().split('\n')
    expect(lines).toEqual(expectedOutput(program?.code ?? ''))
    expect(lines.length).toBeGreaterThan(0)
  },
)

function createFolder(): string {
  const created = mkdtempSync(join(tmpdir(), 'hedge-client-guide-'))
  linkLibraries(created)
  symlinkSync(join(root, 'node_modules/@types'), join(created, 'node_modules/@types'))
  const options = { ...compilerOptions, types: ['node'] }
  writeFileSync(
    join(created, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['program.ts'] }),
  )
  return created
}

/** Runs commands of the guide in a folder. @throws with their output if one fails. */
async function runCommands(cwd: string, commands: string): Promise<void> {
  const bin = ['tests/clients/node_modules/.bin', 'node_modules/.bin'].map((at) => join(root, at))
  const env = { ...childEnvironment, PATH: [...bin, childEnvironment.PATH].join(':') }
  await execute('bash', ['-c', prelude + commands], { cwd, env })
}

/** Bundles the program, because generated code is written for bundlers, and runs it. */
async function runProgram(cwd: string, secretKey: string): Promise<string> {
  const file = join(cwd, 'program.mjs')
  const bundle = await rolldown({
    input: join(cwd, 'program.ts'),
    platform: 'node',
    logLevel: 'silent',
  })
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
  const env = { ...childEnvironment, HEDGE_API_SECRET: secretKey }
  return (await execute(process.execPath, [file], { cwd, env })).stdout
}
