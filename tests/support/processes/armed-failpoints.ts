/** Replaces packages/server/src/failpoints.ts in a process that is to die, or to stand still. */

interface Armed {
  readonly name: string
  /** SIGKILL, or SIGSTOP. */
  readonly signal: NodeJS.Signals
  left: number
}

let armed: Armed | null = null

interface Wanted {
  readonly name: string
  readonly passing: number
  readonly signal?: NodeJS.Signals
}

// From the process that is to see this one die: where, and at which passing.
process.on('message', (message: { failpoint?: Wanted }) => {
  const { failpoint: wanted } = message
  if (!wanted) return
  armed = { name: wanted.name, signal: wanted.signal ?? 'SIGKILL', left: wanted.passing }
  process.send?.({ armed: wanted.name })
})

/** Ends the process on the spot, as `kill -9` does, or stops it, where it was told to. */
export function failpoint(stage: string, of: string): void {
  if (armed?.name !== `${stage}: ${of}`) return
  if (--armed.left === 0) process.kill(process.pid, armed.signal)
}
