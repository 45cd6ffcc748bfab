// `npm run ci`: runs all checks, all tests and the smoke test. The last line has the counts.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Counts = { readonly passed: number; readonly failed: number }

const folder = mkdtempSync(join(tmpdir(), 'hedge-ci-'))
const checkResults = join(folder, 'check.json')
const testResults = join(folder, 'tests.json')

const counts = [
  run(['run', 'check'], { HEDGE_CHECK_RESULTS: checkResults }, () => readCounts(checkResults)),
  run(['run', 'test:all'], { HEDGE_TEST_RESULTS: testResults }, () => readTestCounts(testResults)),
  run(['run', 'smoke'], {}, (ok) => (ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })),
]
rmSync(folder, { recursive: true, force: true })

const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** Runs one npm command. If it fails without a counted failure, it counts as one failure. */
function run(args: string[], extra: NodeJS.ProcessEnv, count: (ok: boolean) => Counts): Counts {
  const env = { ...process.env, CI: 'true', NO_COLOR: '1', ...extra }
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  const counted = count(status === 0)
  return status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted
}

function readCounts(file: string): Counts {
  return (readJson(file) as Counts | undefined) ?? { passed: 0, failed: 1 }
}

/** Reads vitest's JSON report. A run without tests counts as a failure. */
function readTestCounts(file: string): Counts {
  const report = readJson(file) as { numPassedTests: number; numFailedTests: number } | undefined
  if (!report || report.numPassedTests + report.numFailedTests === 0)
    return { passed: 0, failed: 1 }
  return { passed: report.numPassedTests, failed: report.numFailedTests }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
