#!/usr/bin/env node
// The command is TypeScript, which Node runs from version 24 on. An older Node starts the Node of the
// npm package `node` instead.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = new URL('../src/main.ts', import.meta.url)

if (process.features.typescript) {
  await import(main.href)
} else {
  const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
  const program = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  const args = [fileURLToPath(main), ...process.argv.slice(2)]
  // The terminal sends Ctrl-C to both processes. The child decides what to do.
  process.on('SIGINT', () => undefined)
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit' })
  if (error) console.error(`hedge: cannot start ${program}: ${error.message}`)
  process.exitCode = status ?? (signal ? 130 : 1)
}
