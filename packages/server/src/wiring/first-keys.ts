import type { Db } from '../database/db.ts'
import { bootstrap } from '../merchants/bootstrap.ts'
import {
  type Credentials,
  credentialsFile,
  loadCredentials,
  type ShownCredentials,
  saveCredentials,
} from './banner.ts'
import type { Config } from './config.ts'

/**
 * Creates the first key pair in an empty database. Returns the pair that this process may print, or
 * `null`.
 *
 * @param onKeys gets a new pair that no later start can print.
 */
export async function prepareKeys({
  config,
  db,
  isBundled,
  onKeys,
}: {
  config: Config
  db: Db
  isBundled: boolean
  onKeys: (created: Credentials) => void
}): Promise<ShownCredentials | null> {
  const created = await bootstrap(db, {
    publishableKey: config.apiKey,
    secretKey: config.apiSecret,
  })
  if (config.apiSecret !== null) return null
  const file = isBundled ? credentialsFile(config.dataDir) : null
  if (!created) {
    const stored = isBundled ? await loadCredentials(config.dataDir) : null
    return stored && { ...stored, isNew: false, file }
  }
  const credentials = { publishableKey: created.publishable_key, secretKey: created.secret_key }
  if (isBundled) await saveCredentials(config.dataDir, credentials)
  else onKeys(credentials)
  return { ...credentials, isNew: true, file }
}
