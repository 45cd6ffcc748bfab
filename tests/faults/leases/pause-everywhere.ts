import type { Sql } from '../../support/databases/sql.ts'
import type { OwnApp } from '../../support/servers/own-app.ts'
import { places } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { type PausedWork, passLeases, startPausedWork, startWork } from './paused-work.ts'

/** More statements than any job has. A job that reaches this number does not end. */
const statementsMax = 80

/** The job of a worker. */
export interface Piece {
  /** The ids in the statements of the job: of payments, endpoints and others. */
  readonly ids: readonly string[]
  readonly isDone: () => Promise<boolean>
}

/**
 * Pauses a worker before each statement of a job in turn, each time with a new job. `whilePaused`
 * releases and stops the worker. Returns the number of places. `npm test` takes a sample of them.
 *
 * @throws if the job does not end.
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

/** Ends the leases of a paused worker, and lets another worker do the job. */
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

/** Pauses a worker at each of its statements, lets another one finish, and checks the result. */
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
