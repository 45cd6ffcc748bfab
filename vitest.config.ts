import { configDefaults, defineConfig } from 'vitest/config'

/** Where `npm run ci` wants the counts; unset when a person runs the tests. */
const resultFile = process.env.HEDGE_TEST_RESULTS

/** `npm run test:all` is `vitest run --mode all`; every other mode is quick. */
export default defineConfig(({ mode }) => ({
  // Packages of this repository are read from their sources, not from their builds.
  ssr: { resolve: { conditions: ['hedge-source', 'node', 'development|production'] } },
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}'],
    exclude: [...configDefaults.exclude, ...(mode === 'all' ? [] : ['**/*.long.test.ts'])],
    env: { HEDGE_TESTS: mode === 'all' ? 'all' : 'quick' },
    // One PostgreSQL and one build of the programs that all files share. A file gets a database, or a merchant on servers
    // that files share.
    globalSetup: ['tests/support/global-setup.ts'],
    // Worker processes run many files each: loading the modules again for each file takes a third of the time. A file
    // must therefore undo what it changes in its process, and starts servers as processes of their own.
    pool: 'forks',
    isolate: false,
    // More than the cores of the smallest machine that we promise to work on: tests wait for half of their time, and
    // the long ones for more.
    maxWorkers: mode === 'all' ? 4 : 3,
    // Only a hang reaches these limits. Waits inside tests are bounded by progress: see tests/support/until.ts.
    testTimeout: mode === 'all' ? 3_600_000 : 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 600_000 } },
    // A test that passes the second time has found a race, so there is no second time.
    retry: 0,
    restoreMocks: true,
    unstubEnvs: true,
    reporters: resultFile ? ['default', ['json', { outputFile: resultFile }]] : ['default'],
  },
}))
