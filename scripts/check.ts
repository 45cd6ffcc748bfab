// `npm run check`: all static checks. Every step runs even if an earlier one failed, so that one run
// shows all failures.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const steps = [
  { name: 'format, lint, import cycles', script: 'lint' },
  { name: 'types', script: 'types' },
  { name: 'layers: imports between folders point one way', script: 'layers' },
  { name: 'every promise is awaited', script: 'promises' },
  { name: 'unused code and dependencies', script: 'unused' },
  { name: 'OpenAPI document is up to date', script: 'openapi:check' },
  { name: 'terms of the glossary', script: 'glossary' },
] as const

const results = steps.map((step) => {
  console.log(`\n── ${step.name} (npm run ${step.script})`)
  const startedAt = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', step.script], { stdio: 'inherit' })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  return { ...step, ok: status === 0, seconds }
})

console.log('')
for (const { ok, name, seconds } of results) {
  console.log(`${ok ? '✔' : '✘'} ${name} (${seconds} s)`)
}

const failed = results.filter(({ ok }) => !ok).length
const passed = results.length - failed
console.log(`checks: ${passed} passed, ${failed} failed`)
if (process.env.HEDGE_CHECK_RESULTS) {
  writeFileSync(process.env.HEDGE_CHECK_RESULTS, JSON.stringify({ passed, failed }))
}
process.exitCode = failed === 0 ? 0 : 1
