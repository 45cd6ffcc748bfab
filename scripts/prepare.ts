import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

/**
 * Builds after `npm ci`: the SDK is compiled, because its users get JavaScript, and the web apps are
 * bundled for the browser. Everything else runs from its sources.
 */
const builds: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  ...(globSync('packages/node/src/**/*.ts').length > 0
    ? [{ name: 'SDK', command: ['tsc', '-b', 'packages/node'] }]
    : []),
  ...globSync('apps/*/vite.config.ts')
    .map((config) => config.replace(/\/vite\.config\.ts$/, ''))
    .map((app) => ({ name: app, command: ['vite', 'build', app, '--logLevel', 'warn'] })),
]

for (const build of builds) {
  const [program = '', ...args] = build.command
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) {
    console.error(`prepare: building ${build.name} failed (${build.command.join(' ')})`)
    process.exitCode = 1
  }
}
