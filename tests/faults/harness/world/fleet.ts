import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../../../support/processes/environment.ts'
import type { Gate } from './gate.ts'

/** A place for a server process. A process that ends is replaced by another one. */
export interface Slot {
  readonly index: number
  /** The connection to PostgreSQL of the slot's process. */
  readonly gate: Gate
  /** The address of the process, or of the last one. */
  url: string
  child: ChildProcess | null
  /** Times without a ready process, or with one that is stopping, in milliseconds of performance.now(). */
  readonly outages: { fromMs: number; toMs: number }[]
}

/** The server processes of a world. */
export interface Fleet {
  readonly slots: readonly Slot[]
  /** Unexpected ends of servers: crashes, and stops with an exit code other than 0. */
  readonly surprises: string[]
  /** Starts a process; resolves when it is ready. Rejects if it ends before that. */
  start(slot: Slot, how?: Launch): Promise<void>
  /** Sends SIGKILL, if the process runs; resolves when it has ended. */
  kill(slot: Slot): Promise<void>
  /** Sends SIGTERM; resolves when the process has ended. An exit code other than 0 is a surprise. */
  stop(slot: Slot): Promise<void>
  /** Sends SIGSTOP. */
  freeze(slot: Slot): void
  /** Sends SIGCONT. */
  thaw(slot: Slot): void
  /** Whether SIGSTOP has stopped the process. */
  isFrozen(slot: Slot): boolean
  /** Sends a message to a fitted server; resolves when the server has confirmed it. */
  tell(slot: Slot, message: object): Promise<void>
  /** Expects the process to end by itself; resolves when it has. */
  untilGone(slot: Slot): Promise<void>
  /** Deletes all surprises, and all outages that have ended. */
  forget(): void
}

/** How to start a server. Default: as users do. */
export interface Launch {
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
}

/** The keys of the clients' merchant. */
export const keys = {
  publishableKey: 'pk_test_for_the_fault_harness_only',
  secretKey: 'sk_test_OnlyForTheFaultHarnessOfHedge',
}

/** Starts the server with failpoints that can be armed and a clock that can be shifted. */
export const fitted: Launch = {
  entry: fileURLToPath(
    new URL('../../../support/processes/fitted-server-process.ts', import.meta.url),
  ),
}

const mainFile = fileURLToPath(new URL('../../../../packages/server/src/main.ts', import.meta.url))
const readyLine = /^Hedge Payments is ready at (\S+)$/m
/** Length of a server's log that is kept for messages, in characters. Older text is dropped. */
const logLengthMax = 20_000

/** Running servers. They are killed when the harness ends. */
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Creates one empty slot for each gate. `serverFile` is the file that starts a server. */
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
      // Keeps Ctrl-C of the terminal from the servers: the harness stops them itself.
      detached: true,
    })
    living.add(child)
    slot.child = child
    // Before it is ready it may exit, for example without a database. The caller starts it again.
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
      if (!slot.child) throw new Error(`server ${slot.index} is not running`)
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

/** Whether an outage of the slot overlaps the given time, in milliseconds of performance.now(). */
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
      // The address comes first, so later output is not kept.
      if (output.length < logLengthMax) output += chunk.toString()
      const url = readyLine.exec(output)?.[1]
      if (url) resolve(url)
    })
    child.once('exit', () => reject(new Error(`the server did not start: ${output}\n${log()}`)))
  })
}
