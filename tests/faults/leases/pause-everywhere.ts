import type { Sql } from '../../support/databases/sql.ts'
import type { OwnApp } from '../../support/servers/own-app.ts'
import { places } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { type PausedWork, passLeases, startPausedWork, startWork } from './paused-work.ts'

/** More statements than any piece of work has: a loop that does not end is a failure. */
const statementsMax = 80

/** What a worker has to do. */
export interface Piece {
  /** What the statements of the work name: payments, endpoints and the like. */
  readonly ids: readonly string[]
  readonly isDone: () => Promise<boolean>
}

/**
 * Pauses a worker before each statement about a piece of work in turn, each time of another piece.
 * `whilePaused` releases and stops it. Returns the number of places, of which `npm test` takes a sample.
 *
 * @throws if the work does not end.
 */
export async function pauseEverywhere<P extends Piece>(
  url: string,
  {
    prepare,
    whilePaused,
  }: {
    prepare: () => Promise<P>
    whilePaused: (worker: PausedWork, piece: P) => Promise<void>
  },
): Promise<number> {
  let count = 0
  for (const nth of places()) {
    if (nth > statementsMax) throw new Error(`the work has more than ${statementsMax} statements`)
    const piece = await prepare()
    const worker = startPausedWork(url, { ids: piece.ids, nth })
    await until(`it is paused at ${nth} or done`, async () => {
      worker.loop.nudge()
      return worker.isPaused() || (await piece.isDone())
    })
    if (!worker.isPaused()) break
    await whilePaused(worker, piece)
    count++
  }
  return count
}

/** Ends the leases of a paused worker, and has another one do the work. */
export async function takeOver(
  { sql, url }: { sql: Sql; url: string },
  worker: PausedWork,
  { isDone, meanwhile }: { isDone: Piece['isDone']; meanwhile?: (() => Promise<void>) | undefined },
): Promise<void> {
  await passLeases(sql, worker)
  await meanwhile?.()
  const other = startWork(url)
  await until(`it is done though paused before ${worker.statement()}`, async () => {
    other.loop.nudge()
    return await isDone()
  })
  await other.stop()
}

/** Pauses a worker at each of its statements, has another one finish, and checks the result. */
export async function pauseAndTakeOver(
  app: OwnApp,
  prepare: () => Promise<
    Piece & {
      /** Before another worker takes over. */
      readonly meanwhile?: () => Promise<void>
      readonly check: (paused: string) => Promise<void>
    }
  >,
): Promise<number> {
  const { sql, databaseUrl: url } = app
  return await pauseEverywhere(url, {
    prepare,
    async whilePaused(worker, piece) {
      await takeOver({ sql, url }, worker, piece)
      worker.release()
      await worker.stop()
      await piece.check(worker.statement())
    },
  })
}
