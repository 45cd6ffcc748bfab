import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { size } from '../support/size.ts'
import { type Block, documents, parseBlocks, readDocument, reasonNotToRun } from './markdown.ts'
import { runDocument } from './run-document.ts'

const root = join(import.meta.dirname, '../..')
const runnable = ['sh', 'js', 'ts', 'sql']
/** Languages of blocks that are not run: answers, settings of other programs, texts. */
const shown = ['json', 'text', 'nginx', 'ini', 'yaml']

/** The document whose snippets `npm test` runs: the first that a newcomer reads. */
const isQuick = (path: string) => path === 'README.md'

let database: TestDatabase
let server: TestServer

beforeAll(async () => {
  database = await createMigratedDatabase()
  const env = { HEDGE_ENCRYPTION_KEY: 'a key of 32 characters, for this test' }
  server = await startServer({ databaseUrl: database.url, env })
})

afterAll(async () => {
  await server.stop()
  await database.drop()
})

describe('every snippet prints what it says', () => {
  test.concurrent.each(size({ quick: documents.filter(isQuick), all: documents }))(
    '%s',
    async (path) => {
      const blocks = parseBlocks(readDocument(path))
      const meant = blocks.filter(
        (block) => runnable.includes(block.language) && reasonNotToRun(block) === null,
      )
      const { url, secretKey } = server
      const stage = { url, secretKey, databaseUrl: database.url }
      expect(await runDocument(path, stage)).toBe(meant.length)
    },
  )
})

/** The test that runs a block in its own way, if the block names one. */
function testOf(block: Block): string | undefined {
  return /^(tests\/\S+\.test\.ts) runs it/.exec(reasonNotToRun(block) ?? '')?.[1]
}

describe('a snippet', () => {
  const all = documents.flatMap((path) =>
    parseBlocks(readDocument(path)).map((block) => ({ path, ...block })),
  )

  test('has a language, and is either run or states why not', () => {
    const offences = all.filter((block) => {
      if (shown.includes(block.language)) return block.info !== ''
      const isKnown = ['', 'background', 'refused'].includes(block.info)
      return !runnable.includes(block.language) || !(isKnown || reasonNotToRun(block))
    })
    expect(offences.map(({ path, line }) => `${path}:${line}`)).toEqual([])
  })

  test('that another test runs names an existing test', () => {
    const named = all.flatMap((block) => testOf(block) ?? [])
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('of JSON is valid JSON', () => {
    for (const { language, code } of all) if (language === 'json') JSON.parse(code)
  })

  test('is run in at least two of three cases', () => {
    const ofCode = all.filter(({ language }) => runnable.includes(language))
    const left = ofCode.filter((block) => reasonNotToRun(block) !== null && !testOf(block))
    expect(ofCode.length).toBeGreaterThan(40)
    expect(left.length).toBeLessThan(ofCode.length / 3)
  })
})
