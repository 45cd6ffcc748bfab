import module from 'node:module'

// Node caches the compiled sources, which makes the next start faster. Node 20 has no such cache.
module.enableCompileCache?.()

const { runHost } = await import('./host/run-host.ts')
await runHost(JSON.parse(process.argv[2] ?? ''))
