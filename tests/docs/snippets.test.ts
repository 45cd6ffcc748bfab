import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../faults/harness/world/postgres.ts'
import { removeData } from '../support/databases/postgres-server.ts'
import { createMigratedDatabase, startServer } from '../support/servers/server.ts'
import { size } from '../support/size.ts'
import { type Block, documents, parseBlocks, readDocument, reasonNotToRun } from './markdown.ts'
import { runDocument, type Stage } from './run-document.ts'

const root = join(import.meta.dirname, '../..')
const runnable = ['sh', 'js', 'ts', 'sql']
/** Languages of blocks that are not run: answers, settings of other programs, texts. */
const shown = ['json', 'text', 'nginx', 'ini', 'yaml']

/** The document whose snippets `npm test` runs: the first that a newcomer reads. */
const isQuick = (path: string) => path === 'README.md'

interface OwnStage extends Stage {
  close(): Promise<void>
}

let shared: OwnStage

beforeAll(async () => {
  const { url, drop } = await createMigratedDatabase()
  shared = await openStage(url, drop)
})

afterAll(() => shared?.close())

/**
 * Opens a stage for a document with `hedge doctor` or `hedge verify`. It has a PostgreSQL with the settings that users get, because
 * the command refuses the others beside live keys.
 */
async function openOwnStage(): Promise<OwnStage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hedge-docs-'))
  const { url, stop } = await startPostgres(dataDir)
  return await openStage(url, async () => {
    await stop()
    await removeData(dataDir)
  })
}

async function openStage(databaseUrl: string, remove: () => Promise<void>): Promise<OwnStage> {
  const env = { HEDGE_ENCRYPTION_KEY: 'a key of 32 characters, for this test' }
  const server = await startServer({ databaseUrl, env })
  const close = async () => {
    await server.stop()
    await remove()
  }
  const { url, secretKey } = server
  return { url, secretKey, databaseUrl, env, close }
}

/** These commands judge all that is in the database. Other documents make live keys and change rows there. */
const needsOwnStage = (blocks: readonly Block[]) =>
  blocks.some(({ code, info }) => info === '' && /hedge (doctor|verify)/.test(code))

describe('every snippet prints what it says', () => {
  test.concurrent.each(size({ quick: documents.filter(isQuick), all: documents }))(
    '%s',
    async (path) => {
      const blocks = parseBlocks(readDocument(path))
      const meant = blocks.filter(
        (block) => runnable.includes(block.language) && reasonNotToRun(block) === null,
      )
      const own = needsOwnStage(meant) ? await openOwnStage() : null
      try {
        expect(await runDocument(path, own ?? shared)).toBe(meant.length)
      } finally {
        await own?.close()
      }
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
