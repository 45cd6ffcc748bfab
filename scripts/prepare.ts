import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

/**
 * The builds after `npm ci`, in order: the web apps, the documentation site, then the packages, which
 * contain both. `npx hedge` and the examples need the built packages. `npm start` and the tests run from
 * the sources.
 */
const builds: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  ...globSync('apps/*/vite.config.ts')
    .map((config) => config.replace(/\/vite\.config\.ts$/, ''))
    .map((app) => ({ name: app, command: ['vite', 'build', app, '--logLevel', 'warn'] })),
  { name: 'documentation', command: ['node', 'apps/docs/src/build.ts'] },
  { name: 'packages', command: ['node', 'scripts/build/build.ts', '--no-types'] },
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
