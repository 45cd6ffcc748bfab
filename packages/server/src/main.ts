import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// What Node makes of the sources is kept for the next start, which is then half a second quicker.
// Where the folder cannot be written to, Node goes without.
enableCompileCache(
  fileURLToPath(new URL('../../../node_modules/.cache/hedge-compiled', import.meta.url)),
)

const { run } = await import('./wiring/run.ts')
await run()
