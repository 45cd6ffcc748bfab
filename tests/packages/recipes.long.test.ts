import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { filesOf } from '../docs/markdown.ts'
import { until } from '../support/until.ts'
import { type Installed, installPacked, runClean } from './packed.ts'
import { nodes, processesIn } from './serve.ts'

let installed: Installed
let folder: string
/** The data folder of the servers of these suites. */
let temporary: string

/** A project of a user: the guide's files, with the test runners beside the packages. */
beforeAll(async () => {
  installed = await installPacked()
  folder = await installed.makeFolder('recipes')
  await symlink(installed.tool(''), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  temporary = join(folder, 't')
  await mkdir(temporary)
  const files = filesOf('docs/testing-your-shop.md')
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, name), code)
})

describe.each(nodes)('on Node %s', (version, nodeOf) => {
  const run = (args: readonly string[]) =>
    runClean(nodeOf(installed), args, { cwd: folder, env: { TMPDIR: temporary } })

  // Vitest itself needs Node 22.
  test.runIf(version !== '20')("the guide's suite for vitest passes", async () => {
    expect(await run(['node_modules/vitest/vitest.mjs', 'run'])).toMatch(/Tests\s+3 passed/)
  })

  test("the guide's suite for Jest passes, as CommonJS in jsdom with fake timers", async () => {
    const jest = ['node_modules/jest/bin/jest.js', '--json', '--rootDir', folder]
    const result = JSON.parse(await run([...jest, '--testRegex', 'jest.cjs$']))
    expect(result).toMatchObject({ success: true, numPassedTests: 2 })
  })

  test("the guide's suite for node:test passes", async () => {
    expect(await run(['--test', '--test-reporter=tap', 'refund.node.mjs'])).toMatch(/# pass 2\b/)
  })

  test('no process is left after a run', async () => {
    await until('the server has ended', () => processesIn(temporary).length === 0, { patience: 2 })
  })
})

test.each(['typescript-5.9', 'typescript-7'])(
  'the suites of the guide compile in strict mode with the types of %s',
  async (compiler) => {
    const compilerOptions = {
      ...{ target: 'es2023', lib: ['es2023', 'dom'], module: 'nodenext', types: ['node'] },
      ...{ strict: true, noEmit: true, skipLibCheck: true, allowJs: true, checkJs: true },
      ...{ allowImportingTsExtensions: true, moduleDetection: 'force' },
    }
    const include = ['*.ts', '*.cjs', '*.mjs']
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
    const tsc = installed.tool(`${compiler}/bin/tsc`)
    expect(await runClean(process.execPath, [tsc, '-p', '.'], { cwd: folder })).toBe('')
  },
)
