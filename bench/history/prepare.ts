import { openLargeDatabase } from './database.ts'

// `node bench/history/prepare.ts FOLDER PAYMENTS`: writes a large database, which
// `tests/api/lists/large-history.long.test.ts` measures.

const [folder, payments] = process.argv.slice(2)
if (!folder || !(Number(payments) > 0)) {
  throw new Error('usage: node bench/history/prepare.ts FOLDER PAYMENTS')
}
const startedMs = performance.now()
const database = await openLargeDatabase({
  folder,
  payments: Number(payments),
  log: (message) =>
    console.log(`${((performance.now() - startedMs) / 1000).toFixed(0)} s: ${message}`),
})
await database.stop()
