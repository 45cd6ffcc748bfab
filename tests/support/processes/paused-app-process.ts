/**
 * Serves the API without workers. The parent process can pause any statement, shift the clock, end the
 * timeouts, and set the length of leases.
 */
import './shifted-date.ts'
import './ended-timeouts.ts'
import './paused-statements.ts'
import { serveApp } from '../servers/serve-app.ts'

// The parent process has ended, so no other process would end this one.
process.on('disconnect', () => process.exit(1))

const { DATABASE_URL: databaseUrl = '', HEDGE_API_KEY, HEDGE_API_SECRET } = process.env
const { url } = await serveApp({
  databaseUrl,
  keys: { publishableKey: HEDGE_API_KEY ?? '', secretKey: HEDGE_API_SECRET ?? '' },
  leaseSeconds: Number(process.env.TEST_LEASE_SECONDS),
})
process.stdout.write(`Hedge Payments is ready at ${url}\n`)
