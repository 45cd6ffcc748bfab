/**
 * Runs only the bundled PostgreSQL, so that tests can kill it: `node postgres-process.ts START
 * DATA_DIR`. Writes one line of JSON when PostgreSQL is ready or has failed. SIGTERM stops PostgreSQL.
 */
import { pathToFileURL } from 'node:url'

type Start = (options: {
  dataDir: string
  log: (message: string) => void
}) => Promise<{ url: string; stop(): Promise<void> }>

const [, , startModule = '', dataDir = ''] = process.argv
const { startBundledPostgres } = (await import(pathToFileURL(startModule).href)) as {
  startBundledPostgres: Start
}
const log: string[] = []
const say = (line: object) => process.stdout.write(`${JSON.stringify({ ...line, log })}\n`)

try {
  const database = await startBundledPostgres({ dataDir, log: (message) => log.push(message) })
  process.once('SIGTERM', () => {
    void database.stop().then(() => process.exit(0))
  })
  say({ url: database.url })
} catch (cause) {
  say({ error: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause) })
}
