import { defineConfig } from 'vitest/config'

/** Where `npm run ci` wants the counts; unset when a person runs the tests. */
const resultFile = process.env.HEDGE_TEST_RESULTS

export default defineConfig({
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}'],
    // One PostgreSQL that all files share; each file gets a database of its own.
    globalSetup: ['tests/support/databases/postgres-global.ts'],
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
    reporters: resultFile ? ['default', ['json', { outputFile: resultFile }]] : ['default'],
  },
})
