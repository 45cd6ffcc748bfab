/** Replaces packages/server/src/failpoints.ts in a process that a test kills or freezes at a failpoint. */

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

// The parent process names the failpoint, and the passing at which it takes effect.
process.on('message', (message: { failpoint?: Wanted }) => {
  const { failpoint: wanted } = message
  if (!wanted) return
  armed = { name: wanted.name, signal: wanted.signal ?? 'SIGKILL', left: wanted.passing }
  process.send?.({ armed: wanted.name })
})

/** Sends the armed signal to this process if the failpoint is the armed one. */
export function failpoint(stage: string, of: string): void {
  if (armed?.name !== `${stage}: ${of}`) return
  if (--armed.left === 0) process.kill(process.pid, armed.signal)
}
