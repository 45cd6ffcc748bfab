/**
 * `@hedgepayments/server/admin`: direct access to the server's database, for operators' programs such
 * as the CLI. A program with the database may do everything: no API key is checked.
 *
 * @module
 */

export {
  findRunningPostgres,
  hasBundledPostgres,
  startBundledPostgres,
} from '@hedgepayments/bundled-postgres'
export { CopyError } from './copies/copy-error.ts'
export { type CopyProgress, exportDatabase } from './copies/export.ts'
export { importDatabase } from './copies/import.ts'
export type { Manifest as ExportManifest } from './copies/manifest.ts'
export { connect, type Database } from './database/connect.ts'
export { AddressError } from './database/hosts/address.ts'
export { isMigrated } from './database/migrate/migrate.ts'
export type { MerchantRow } from './database/schema.ts'
export {
  type DatabaseDefaults,
  explainLossyCommits,
  readDefaults,
} from './database/sessions/defaults.sql.ts'
export { createLiveKey } from './merchants/live-key.ts'
