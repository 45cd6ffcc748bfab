import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../../../support/processes/environment.ts'
import type { Gate } from './gate.ts'

/** A place for a server process, which is filled again after each death. */
export interface Slot {
  readonly index: number
  /** The way to PostgreSQL of whichever process is here. */
  readonly gate: Gate
  /** Where it listens; the last address while there is nobody. */
  url: string
  child: ChildProcess | null
  /** When nobody was there, or somebody was about to go: in milliseconds of performance.now(). */
  readonly outages: { fromMs: number; toMs: number }[]
}

export interface Fleet {
  readonly slots: readonly Slot[]
  /** What the servers have done that nobody asked for: died, or not stopped in good order. */
  readonly surprises: string[]
  start(slot: Slot, how?: Launch): Promise<void>
  /** `kill -9`, unless it is dead already; resolves when it is gone. */
  kill(slot: Slot): Promise<void>
  /** SIGTERM; resolves when it is gone, with a surprise if that was not in good order. */
  stop(slot: Slot): Promise<void>
  /** SIGSTOP, and SIGCONT. */
  freeze(slot: Slot): void
  thaw(slot: Slot): void
  /** Whether the process is stopped. */
  isFrozen(slot: Slot): boolean
  /** Sends a fitted server an order; resolves when the server has it. */
  tell(slot: Slot, message: object): Promise<void>
  /** Expects the process to die by itself; resolves when it is gone. */
  untilGone(slot: Slot): Promise<void>
  /** Forgets the outages and surprises of the past. */
  forget(): void
}

/** How to start a server: as users do, or in a way that lets a test reach into it. */
export interface Launch {
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
}

export const keys = {
  publishableKey: 'pk_test_for_the_fault_harness_only',
  secretKey: 'sk_test_OnlyForTheFaultHarnessOfHedge',
}

/** The server with its failpoints armed and a clock that can be wrong. */
export const fitted: Launch = {
  entry: fileURLToPath(
    new URL('../../../support/processes/fitted-server-process.ts', import.meta.url),
  ),
}

const mainFile = fileURLToPath(new URL('../../../../packages/server/src/main.ts', import.meta.url))
const readyLine = /^Hedge Payments is ready at (\S+)$/m
/** What is kept of a server's log, in characters: the newest part, however long it runs. */
const logLengthMax = 20_000

/** Whatever ends the harness, its servers do not outlive it. */
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Makes the places; nobody is in them yet. `serverFile` starts a server as users do. */
export function createFleet(
  gates: readonly Gate[],
  databaseUrl: (gate: Gate) => string,
  serverFile = mainFile,
): Fleet {
  const surprises: string[] = []
  const slots = gates.map(
    (gate, index): Slot => ({ index, gate, url: '', child: null, outages: [] }),
  )
  const expected = new WeakSet<ChildProcess>()

  async function start(slot: Slot, how: Launch = {}): Promise<void> {
    const child = spawn(process.execPath, [how.entry ?? serverFile], {
      env: {
        ...childEnvironment,
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'error',
        HEDGE_API_KEY: keys.publishableKey,
        HEDGE_API_SECRET: keys.secretKey,
        DATABASE_URL: databaseUrl(slot.gate),
        ...how.env,
      },
      stdio: ['ignore', 'pipe', 'pipe', ...(how.entry ? (['ipc'] as const) : [])],
      // Out of reach of Ctrl-C, which is for the harness: it stops its servers itself.
      detached: true,
    })
    living.add(child)
    slot.child = child
    // Until it is ready it may exit, for example without a database, and it is started again.
    expected.add(child)
    const log = tailOf(child)
    child.once('exit', (code, signal) => {
      living.delete(child)
      beginOutage(slot)
      slot.child = null
      if (expected.has(child)) return
      surprises.push(`server ${slot.index} ended by itself (${code ?? signal}): ${log()}`)
    })
    slot.url = await readUrl(child, log)
    expected.delete(child)
    const outage = slot.outages.at(-1)
    if (outage) outage.toMs = Math.min(outage.toMs, performance.now())
  }

  async function end(slot: Slot, signal: NodeJS.Signals | null): Promise<ChildProcess | null> {
    const { child } = slot
    if (!child) return null
    expected.add(child)
    const exited = once(child, 'exit')
    if (signal) {
      beginOutage(slot)
      child.kill(signal)
    }
    await exited
    return child
  }

  return {
    slots,
    surprises,
    start,
    async kill(slot) {
      await end(slot, 'SIGKILL')
    },
    async stop(slot) {
      const child = await end(slot, 'SIGTERM')
      if (child && child.exitCode !== 0) {
        surprises.push(`server ${slot.index} stopped with ${child.exitCode ?? child.signalCode}`)
      }
    },
    freeze(slot) {
      slot.child?.kill('SIGSTOP')
    },
    thaw(slot) {
      slot.child?.kill('SIGCONT')
    },
    isFrozen({ child }) {
      if (!child?.pid) return false
      const state = spawnSync('ps', ['-o', 'state=', '-p', String(child.pid)]).stdout.toString()
      return state.trim().startsWith('T')
    },
    async tell(slot, message) {
      if (!slot.child) throw new Error(`there is no server ${slot.index} to be told anything`)
      const received = once(slot.child, 'message')
      slot.child.send(message)
      await received
    },
    async untilGone(slot) {
      await end(slot, null)
    },
    forget() {
      surprises.length = 0
      for (const slot of slots) slot.outages.splice(0, slot.outages.length - (slot.child ? 0 : 1))
    },
  }
}

/** Whether the server of a slot was away at some time between two times. */
export function wasDown(slot: Slot, fromMs: number, toMs: number): boolean {
  return slot.outages.some((outage) => outage.fromMs <= toMs && outage.toMs >= fromMs)
}

function beginOutage(slot: Slot): void {
  const last = slot.outages.at(-1)
  if (last && last.toMs === Number.POSITIVE_INFINITY) return
  slot.outages.push({ fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY })
}

function tailOf(child: ChildProcess): () => string {
  let tail = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-logLengthMax)
  })
  return () => tail
}

async function readUrl(child: ChildProcess, log: () => string): Promise<string> {
  return await new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      // Nothing of interest follows the address.
      if (output.length < logLengthMax) output += chunk.toString()
      const url = readyLine.exec(output)?.[1]
      if (url) resolve(url)
    })
    child.once('exit', () => reject(new Error(`the server did not start: ${output}\n${log()}`)))
  })
}
