import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Node caches the compiled sources, which makes the next start half a second faster. Without write
// access to the folder, Node runs without the cache.
enableCompileCache(
  fileURLToPath(new URL('../../../node_modules/.cache/hedge-compiled', import.meta.url)),
)

const { run } = await import('./wiring/run.ts')
await run()
