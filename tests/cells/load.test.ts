import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, hedge, startHedge } from '../cli/hedge.ts'
import { runVerify } from '../cli/verify/run-verify.ts'
import { countUndelivered, hasNothingDue } from '../faults/harness/checks/books.ts'
import { findViolations } from '../faults/harness/checks/checks.ts'
import { createJournal } from '../faults/harness/load/journal.ts'
import { startLoad } from '../faults/harness/load/load.ts'
import { keys } from '../faults/harness/world/fleet.ts'
import { type Hooks, startHooks } from '../faults/harness/world/hooks.ts'
import { chanceOf } from '../support/chance.ts'
import { isAtRest } from '../support/databases/invariants.ts'
import { endLeasesOfKilled } from '../support/databases/leases.ts'
import { apiClient, untilAdmitted } from '../support/http/api.ts'
import { size } from '../support/size.ts'
import { until } from '../support/until.ts'
import { type Cell, startCell } from './cells.ts'
import { type CellProxy, startProxy } from './proxy.ts'

// A merchant moves forth and back between two cells, while its clients create, pay, cancel and refund through a
// proxy. Some of the commands are killed at any time, and run again or undone.

/** `HEDGE_TEST_MOVES=100` is the trial of the documents. */
const moves = Number(process.env.HEDGE_TEST_MOVES ?? size({ quick: 2, all: 12 }))
/** `HEDGE_SEED` repeats the requests and the times of the kills. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
const clientCount = size({ quick: 4, all: 8 })
/** Answers before and after each move: the clients work at each cell. */
const answersBetween = size({ quick: 20, all: 80 })
/**
 * Answers at full speed from one step of the test to the next. Then the clients slow down: a move copies all that
 * they have written, so at full speed each move would take longer than the one before, without an end.
 */
const answersAtFullSpeed = 2 * answersBetween
const pauseMs = { fast: 25, slow: 1_000 }
/** Each so many moves, the command is killed first. */
const killedEach = 2
/** Longer than a move takes, so that some kills come too late. */
const killAfterMsMax = 8_000

let cells: Cell[]
let proxy: CellProxy
let hooks: Hooks

beforeAll(async () => {
  hooks = await startHooks()
  cells = await Promise.all([startCell('cell-a', keys), startCell('cell-b')])
  proxy = await startProxy(Object.fromEntries(cells.map(({ name, server }) => [name, server.url])))
})

afterAll(async () => {
  await Promise.all([...(cells ?? []), proxy, hooks].map((part) => part?.close()))
})

test(`nothing is lost or done twice in ${moves} moves of a merchant under load, seed ${seed}`, async () => {
  const chance = chanceOf(seed)
  const [first] = cells
  if (!first) throw new Error('there is no cell')
  const merchant = (await first.sql.query('select id from merchants'))[0].id
  const line = `${createHash('sha256').update(keys.secretKey).digest('hex')}`
  await proxy.load(`${line} ${first.name}`)
  const api = apiClient(proxy.url, keys.secretKey)
  const endpoint = await untilAdmitted(() =>
    api('POST', '/v1/webhooks/endpoints', { body: { url: hooks.url } }),
  )
  hooks.trust(endpoint.body.secret)

  const journal = createJournal()
  const slot = { index: 0, url: proxy.url, outages: [], child: null, gate: null as never }
  let before = 0
  const load = startLoad({
    pauseMs: () =>
      journal.answered.length < before + answersAtFullSpeed ? pauseMs.fast : pauseMs.slow,
    ...{ fleet: { slots: [slot] } as never, journal, chance: chanceOf(seed + 1), name: `${seed}` },
    ...{ tokens: () => tokens, clockOffsetSeconds: () => 0, clientCount },
  })
  const refusedMs: number[] = []
  let kills = 0
  let at = 0
  for (let n = 0; n < moves; n++) {
    const [from, to] = [cells[at], cells[1 - at]]
    if (!from || !to) throw new Error('there is no cell')
    const answersAt = (where: string) => {
      before = journal.answered.length
      return until(
        `the load runs ${where}`,
        () => journal.answered.length > before + answersBetween,
      )
    }
    await answersAt('before the move')
    const args = ['merchants', 'move', merchant, '--from', from.database.url]
    const both = [...args, '--to', to.database.url]
    if (n % killedEach === killedEach - 1)
      kills += await killOnce(both, chance.below(killAfterMsMax))
    const isUndone = n % (2 * killedEach) === killedEach - 1 && (await undo(both))
    if (isUndone) await answersAt('at the first cell')
    const moved = await untilReached([...both, '--map', to.name])
    expect(moved, moved.stderr).toMatchObject({ code: 0, stdout: `${line} ${to.name}\n` })
    await proxy.load(moved.stdout)
    refusedMs.push(Number(/refused for ([\d.]+) s/.exec(moved.stderr)?.[1]) * 1_000)
    await answersAt('at the other cell')
    const cleaned = await untilReached([...args, '--clean'])
    expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 })
    at = 1 - at
    if (process.env.HEDGE_TEST_MOVES)
      report({ n, refusedMs, kills, answered: journal.answered.length })
  }
  await load.stop()

  const last = cells[at]
  if (!last) throw new Error('there is no cell')
  await endLeasesOfKilled(last.sql)
  await rest(last, api)
  const evidence = { query: last.sql.query, journal, hooks, slots: [slot], surprises: [] }
  expect(await findViolations(evidence as never)).toEqual([])
  const acknowledged = journal.answered.filter(({ status }) => status < 400)
  expect(acknowledged.length).toBeGreaterThan(answersBetween * moves)
  for (const { database } of cells) {
    const verified = await runVerify({ databaseUrl: database.url })
    expect(verified, JSON.stringify(verified.failed)).toMatchObject({ ok: true, failed: {} })
  }
})

/** Tokens without a fault of the processor, and with lost answers. */
const tokens = ['tok_visa', 'tok_visa', 'tok_lostAuthorizeAnswer', 'tok_lostCaptureAnswer']

/** Starts the command and sends SIGKILL after a while. Returns 1 if it was still running. */
async function killOnce(args: readonly string[], afterMs: number): Promise<number> {
  const { child, ended } = startHedge(args)
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  const { code } = await ended
  clearTimeout(timer)
  return code === null ? 1 : 0
}

/** Runs the command again while it does not reach a database: a busy machine opens connections too late. */
async function untilReached(args: readonly string[]): Promise<Ended> {
  const unreachable = 6
  return await until('the command reaches the databases', async () => {
    const ended = await hedge(args)
    return ended.code !== unreachable && ended
  })
}

/** Undoes the move unless it is complete. */
async function undo(args: readonly string[]): Promise<boolean> {
  const undone = await untilReached([...args, '--undo'])
  if (undone.code === 0) return true
  expect(undone, undone.stderr).toMatchObject({ code: 3 })
  return false
}

/** Ends all undo windows, and waits until no work is pending and every event is delivered. */
async function rest({ sql }: Cell, api: ReturnType<typeof apiClient>): Promise<void> {
  await until('the clock is advanced', async () => {
    const { status } = await api('POST', '/v1/test/clock/advance', { body: { seconds: 86_400 } })
    return status === 200
  })
  await until(
    'no work is pending',
    async () => (await isAtRest(sql)) && (await hasNothingDue(sql.query)),
    { patience: 5 },
  )
  await until(
    'every event is delivered',
    async () => {
      const { waiting, failed } = await countUndelivered(sql.query)
      return waiting + failed === 0
    },
    { patience: 5 },
  )
}

/** For the trial of the documents: one line for each move. */
function report(state: { n: number; refusedMs: number[]; kills: number; answered: number }): void {
  const { n, refusedMs, kills, answered } = state
  const longest = Math.max(...refusedMs)
  process.stderr.write(
    `move ${n + 1}: refused ${refusedMs.at(-1)} ms, longest ${longest} ms, ${kills} kills, ${answered} answers\n`,
  )
}
