/**
 * The server, fitted out for tests that reach into it: it can be made to die at a failpoint, and its
 * clock can be wrong. It is started by this file instead of its own, which has no way to either.
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

// The process that started this one is gone, so nobody else would end it.
process.on('disconnect', () => process.exit(1))

const { run } = await import('../../../packages/server/src/wiring/run.ts')
await run({ env: process.env })
