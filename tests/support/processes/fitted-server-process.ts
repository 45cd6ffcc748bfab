/**
 * Starts the server with two additions for tests: failpoints that can be armed, and a clock that can
 * be shifted. The usual start file has neither.
 */
import { registerHooks } from 'node:module'
import './shifted-date.ts'

const replaced = new URL('../../../packages/server/src/failpoints.ts', import.meta.url).href
const armed = new URL('./armed-failpoints.ts', import.meta.url).href
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url === replaced ? { ...found, url: armed } : found
  },
})

// The parent process has ended, so no other process would end this one.
process.on('disconnect', () => process.exit(1))

const { run } = await import('../../../packages/server/src/wiring/start/run.ts')
await run({ env: process.env })
