import {
  cleanMoved,
  type Deleted,
  listMapLines,
  MoveError,
  moveMerchant,
  undoMove,
} from '@hedgepayments/server/admin'
import { CliError, type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type OpenDatabase, openDatabase } from '../../open-database.ts'
import { formatCount } from '../../output/format.ts'
import { toJson } from '../../output/json.ts'
import { print, say } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge merchants move`. */
export interface MoveOptions extends GlobalOptions {
  from?: string
  to?: string
  map?: string
  undo?: boolean
  clean?: boolean
}

const exitCodesOf: Readonly<Record<MoveError['code'], ExitCode>> = {
  merchant_not_found: exitCodes.notFound,
  merchant_exists: exitCodes.refused,
  same_database: exitCodes.usage,
  other_version: exitCodes.refused,
  other_encryption_key: exitCodes.refused,
  no_server: exitCodes.refused,
  other_move: exitCodes.refused,
  too_slow: exitCodes.error,
  rows_differ: exitCodes.error,
  move_complete: exitCodes.refused,
  not_moved: exitCodes.refused,
}

/** Moves a merchant, and prints what was compared, or the lines of its keys for the proxy. */
export async function moveMerchantOf(merchantId: string, options: MoveOptions): Promise<void> {
  await withBoth(options, async ({ source, target }) => {
    const progress = { onStep: (step: string) => say(`${step} …`) }
    const moved = await moveMerchant({
      ...{ merchantId, source: source.database, target: target.database, progress },
    })
    const seconds = (moved.refusedMs / 1_000).toFixed(1)
    const where = moved.apiUrl === null ? 'the other cell' : moved.apiUrl
    if (options.map !== undefined) {
      await printMap(target, { merchantId, cell: options.map })
      say(`${merchantId} is served by ${where}. Its requests were refused for ${seconds} s.`)
    } else if (options.json) {
      const tables = moved.tables.map(({ name, rows, hash }) => ({ name, rows, hash }))
      const { refusedMs, apiUrl } = moved
      print(
        toJson(
          {
            ...{ object: 'merchant_move', merchant_id: merchantId, api_url: apiUrl },
            ...{ refused_ms: refusedMs, tables },
          },
          2,
        ),
      )
    } else {
      for (const { name, rows } of moved.tables) {
        if (rows > 0) print(`${formatCount(rows).padStart(14)}  ${name}`)
      }
      print(`${merchantId} is served by ${where}. Its requests were refused for ${seconds} s.`)
    }
    say('Change the proxy now. When no request comes to the first cell, delete its rows: --clean.')
  })
}

/** Undoes a move, and prints how many rows were deleted again. */
export async function undoMoveOf(merchantId: string, options: MoveOptions): Promise<void> {
  await withBoth(options, async ({ source, target }) => {
    const given = { merchantId, source: source.database, target: target.database }
    const deleted = await undoMove(given)
    showDeleted(deleted, options, `${merchantId} is served by the first cell again.`)
  })
}

/** Deletes the rows of a merchant that has moved away, and prints how many. */
export async function cleanMerchant(merchantId: string, options: MoveOptions): Promise<void> {
  const source = await open(options, options.from)
  try {
    const deleted = await reporting(() => cleanMoved({ merchantId, source: source.database }))
    showDeleted(deleted, options, `${merchantId} has left no rows.`)
  } finally {
    await source.close()
  }
}

function showDeleted({ merchantId, rows }: Deleted, { json }: MoveOptions, done: string): void {
  const result = { object: 'merchant_move', merchant_id: merchantId, deleted_rows: rows }
  if (json) print(toJson(result, 2))
  else print(`${formatCount(rows)} rows deleted. ${done}`)
}

/** Prints a line for each key: its SHA-256 and the cell. */
export async function printMap(
  { database }: OpenDatabase,
  { merchantId, cell }: { merchantId: string | null; cell: string },
): Promise<void> {
  for await (const hash of listMapLines(database.db, merchantId)) print(`${hash} ${cell}`)
}

async function withBoth(
  options: MoveOptions,
  work: (both: { source: OpenDatabase; target: OpenDatabase }) => Promise<void>,
): Promise<void> {
  const source = await open(options, options.from)
  try {
    const target = await open(options, options.to)
    try {
      await reporting(() => work({ source, target }))
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function open(
  { dataDir }: GlobalOptions,
  databaseUrl: string | undefined,
): Promise<OpenDatabase> {
  return await openDatabase({ databaseUrl, dataDir, maySpawn: true })
}

/** @throws {CliError} as the move fails. */
async function reporting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MoveError)) throw error
    throw new CliError(exitCodesOf[error.code], error.code, error.message)
  }
}
