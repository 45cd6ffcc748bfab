import { connect } from '../../../packages/server/src/database/connect.ts'
import { bootstrap } from '../../../packages/server/src/merchants/bootstrap.ts'
import { createProcessors } from '../../../packages/server/src/processors/processors.ts'
import { Keyring } from '../../../packages/server/src/sealing/keyring.ts'
import { createSealer } from '../../../packages/server/src/sealing/sealer.ts'
import { createApp } from '../../../packages/server/src/wiring/app.ts'
import { parseConfig } from '../../../packages/server/src/wiring/config.ts'
import { createLog } from '../../../packages/server/src/wiring/log.ts'
import { startWorkers } from '../../../packages/server/src/wiring/workers.ts'

// The whole server, with workers that run only between the messages `work` and `stop`. So a test can
// distinguish the changes of a request from those of background work.
const config = parseConfig(process.env)
const log = createLog(config.logLevel)
const database = connect({ url: config.databaseUrl ?? '', onError: () => undefined })
await bootstrap(database.db, { publishableKey: config.apiKey, secretKey: config.apiSecret })
const keys = [config.encryptionKey].filter((key) => key !== null)
const sealer = createSealer(keys)
let address = ''
const publicUrl = () => address
const keyring = new Keyring(keys, 'processor credentials')
const processors = createProcessors({
  db: database.db,
  publicUrl,
  keyring,
  stripe: config.stripe,
})
const privateNetworks = config.webhookPrivateNetworks
let workers: ReturnType<typeof startWorkers> | null = null
const app = await createApp({
  database,
  processors,
  fees: config.fees,
  trustedProxies: config.trustedProxies,
  privateNetworks,
  log,
  sealer,
  keyring,
  publicUrl,
  onWork: () => workers?.nudge(),
})
address = await app.listen({ port: config.port, host: config.host })

process.on('message', (message) => void handle(message))
process.on('disconnect', () => process.exit(0))
process.send?.(`listens ${address}`)

async function handle(message: unknown): Promise<void> {
  if (message === 'work') {
    workers ??= startWorkers({
      ...{ database, processors, fees: config.fees, sealer, log, privateNetworks },
      requestsInFlight: () => app.requestsInFlight(),
    })
  } else {
    await workers?.stop()
    workers = null
  }
  process.send?.(`done ${String(message)}`)
}
