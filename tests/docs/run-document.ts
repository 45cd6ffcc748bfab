import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { childEnvironment } from '../support/processes/environment.ts'
import { until } from '../support/until.ts'
import {
  type Block,
  expectedOutput,
  parseBlocks,
  readDocument,
  reasonNotToRun,
  sdkPrelude,
} from './markdown.ts'
import { makeNames, type Names, putNames } from './names.ts'

const root = join(import.meta.dirname, '../..')

/** The server that documents use, and its database for blocks of SQL. */
export interface Stage {
  readonly url: string
  /** A key that may create merchants. */
  readonly secretKey: string
  readonly databaseUrl: string
  /** Settings of the server that commands may need, such as its key for stored secrets. */
  readonly env: Readonly<Record<string, string>>
}

/** Time limit of a snippet, in milliseconds. A busy machine does not reach it; a hanging snippet does. */
const snippetTimeoutMs = 300_000

/**
 * Runs every snippet of a document in order, with its own merchant, and checks the announced output.
 * Variables that a shell block exports exist in later blocks.
 *
 * @returns the number of snippets that were run.
 */
export async function runDocument(path: string, stage: Stage): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-docs-'))
  const names = await makeNames(stage)
  const blocks = parseBlocks(readDocument(path)).filter(isRunnable)
  const background: Snippet[] = []
  let environment = environmentOf(stage, names, folder)
  try {
    for (const block of blocks) {
      const code = await putNames(block.code, names)
      if (block.language === 'sql') {
        await runSql(stage.databaseUrl, code)
        continue
      }
      const snippet = start(block, { where: `${path}:${block.line}`, code, environment, folder })
      if (block.info === 'background') {
        background.push(snippet)
        await printed(snippet, [])
        continue
      }
      if ((await endOf(snippet)) !== 0) throw failure(snippet)
      if (expectedOutput(code).length > 0) await printed(snippet, expectedOutput(code))
      environment = carryOn(environment, folder)
    }
    for (const snippet of background) await printed(snippet, expectedOutput(snippet.code))
    return blocks.length
  } finally {
    for (const { child } of background) killGroup(child)
    await rm(folder, { recursive: true, force: true })
  }
}

interface Snippet {
  readonly where: string
  readonly code: string
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  output(): string
}

function isRunnable(block: Block): boolean {
  return ['sh', 'js', 'ts', 'sql'].includes(block.language) && reasonNotToRun(block) === null
}

/** The environment of a snippet. It contains no setting of the machine except the path. */
function environmentOf(stage: Stage, names: Names, folder: string): Record<string, string> {
  return {
    ...childEnvironment,
    ...stage.env,
    PATH: `${join(root, 'node_modules/.bin')}:${childEnvironment.PATH}`,
    HOME: folder,
    HEDGE_DATA_DIR: folder,
    HEDGE_BASE_URL: stage.url,
    HEDGE_API_SECRET: names.secretKey,
    HEDGE_API_KEY: names.publishableKey,
    DATABASE_URL: stage.databaseUrl,
    PORT: String(names.port),
  }
}

/**
 * Replaces `npx` by a direct call of the program in `node_modules/.bin`, which is faster. An HTTP error
 * ends a block, unless the block shows a refusal.
 */
function prelude(block: Block): string {
  const isAnError = block.info === 'refused'
  return `npx() { "$@"; }
curl() { command curl -sS ${isAnError ? '' : '--fail-with-body'} "$@"; echo; }
trap 'env -0 > "$HEDGE_DATA_DIR/environment"' EXIT
set -aeuo pipefail
`
}

function start(
  block: Block,
  {
    where,
    code,
    environment,
    folder,
  }: {
    where: string
    code: string
    environment: Record<string, string>
    folder: string
  },
): Snippet {
  const isShell = block.language === 'sh'
  const script = (isShell ? prelude(block) : sdkPrelude(code)) + code
  const [program, ...args] = isShell
    ? ['bash', '-c', script]
    : [process.execPath, '--input-type=module-typescript', '--eval', script]
  const child = spawn(program as string, args, {
    cwd: root,
    env: { ...environment, HEDGE_DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group, so that all children of a shell end with it.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const ended = once(child, 'close').then(() => child.exitCode)
  return { where, code, child, ended, output: () => output }
}

async function endOf(snippet: Snippet): Promise<number | null> {
  const timer = setTimeout(() => killGroup(snippet.child), snippetTimeoutMs)
  return await snippet.ended.finally(() => clearTimeout(timer))
}

/** Waits until a snippet has printed these texts in order. Without texts: until it has printed anything. */
async function printed(snippet: Snippet, wanted: readonly string[]): Promise<void> {
  const isDone = () => holdsInOrder(snippet.output(), wanted)
  const hasEnded = () => snippet.child.exitCode !== null
  await until('the snippet prints', () => isDone() || hasEnded()).catch(() => undefined)
  if (!isDone()) throw failure(snippet)
}

function failure({ where, code, output, child }: Snippet): Error {
  const text = `${where} did not do what it says (exit code ${child.exitCode}):`
  return new Error(`${text}\n${code}\n${output()}`)
}

function holdsInOrder(output: string, wanted: readonly string[]): boolean {
  let from = 0
  for (const text of wanted) {
    const at = output.indexOf(text, from)
    if (at === -1) return false
    from = at + text.length
  }
  return wanted.length > 0 || output !== ''
}

function carryOn(environment: Record<string, string>, folder: string): Record<string, string> {
  const file = join(folder, 'environment')
  if (!existsSync(file)) return environment
  const pairs = readFileSync(file, 'utf8')
    .split('\0')
    .filter((pair) => pair.includes('='))
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

async function runSql(databaseUrl: string, code: string): Promise<void> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    await database.query(code)
  } finally {
    await database.end()
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
