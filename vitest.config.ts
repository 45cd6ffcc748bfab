import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Starts the PostgreSQL that all test files share; each file gets a database of its own. */
const postgresSetup = 'tests/support/postgres-global.ts'

/** Where a CI run leaves its counts; `.ci/run` names the file, so that runs never share one. */
const resultFile =
  process.env.HEDGE_TEST_RESULTS ?? join(tmpdir(), `hedge-tests-${process.pid}.json`)

export default defineConfig({
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}'],
    globalSetup: existsSync(postgresSetup) ? [postgresSetup] : [],
    // A process per file: signals, environments and database pools must not leak between files.
    pool: 'forks',
    // Two: the smallest machine we promise to work on has two cores, and they also run PostgreSQL.
    maxWorkers: 2,
    // Generous, because a deadline that a busy machine can miss says nothing about the code.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A test that passes the second time has found a race, so there is no second time.
    retry: 0,
    restoreMocks: true,
    unstubEnvs: true,
    reporters: process.env.CI ? ['default', ['json', { outputFile: resultFile }]] : ['default'],
  },
})
