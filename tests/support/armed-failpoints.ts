/** What stands in the place of packages/server/src/failpoints.ts in a process that is to die. */

let armed: { readonly name: string; left: number } | null = null

// From the process that is to see this one die: where, and at which passing.
process.on('message', (message: { failpoint?: { name: string; passing: number } }) => {
  const { failpoint: wanted } = message
  if (!wanted) return
  armed = { name: wanted.name, left: wanted.passing }
  process.send?.({ armed: wanted.name })
})

/** Ends the process on the spot, as `kill -9` does, where it was told to. */
export function failpoint(moment: string, of: string): void {
  if (armed?.name !== `${moment}: ${of}`) return
  if (--armed.left === 0) process.kill(process.pid, 'SIGKILL')
}
