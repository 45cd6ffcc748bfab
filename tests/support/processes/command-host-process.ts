import type { HostedCommand } from '../../cli/command-host.ts'

/**
 * A process that runs one `hedge` command after the other, each with its own arguments, environment and output. It
 * loads the libraries once. Its argument is the bundle of `hedge`, whose start file is evaluated anew for each command.
 */
const program = process.argv[2]
let commands = 0

process.on('message', async ({ args, env }: HostedCommand) => {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.argv = [process.execPath, program ?? '', ...args]
  process.exitCode = undefined
  const stdout = recordWrites(process.stdout)
  const stderr = recordWrites(process.stderr)
  try {
    await import(`${program}?command=${++commands}`)
  } catch (cause) {
    // Node itself reports what a program throws, and ends with 1.
    process.exitCode = 1
    process.stderr.write(`${cause instanceof Error ? cause.stack : cause}\n`)
  }
  const code = process.exitCode ?? 0
  process.exitCode = undefined
  // The start file adds listeners each time.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error')
  process.send?.({ code, stdout: stdout(), stderr: stderr() })
})

/** Keeps what is written to a stream from now on. Returns a function that returns it. */
function recordWrites(stream: NodeJS.WriteStream): () => string {
  let written = ''
  stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) => {
    written += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    const whenDone = rest.find((each) => typeof each === 'function')
    if (whenDone) queueMicrotask(() => whenDone())
    return true
  }
  return () => written
}
