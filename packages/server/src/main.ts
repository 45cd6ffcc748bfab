import module from 'node:module'

// Node caches the compiled sources, which makes the next start faster. Node 20 has no such cache.
module.enableCompileCache?.()

const { run } = await import('./wiring/start/run.ts')
await run({ env: process.env })
