/**
 * `@hedgepayments/server/admin`: direct access to the server's database, for operators' programs such
 * as the CLI. A program with the database may do everything: no API key is checked.
 *
 * @module
 */

export {
  findPostgresFolder,
  findRunningPostgres,
  hasBundledPostgres,
  startBundledPostgres,
} from '@hedgepayments/bundled-postgres'
export { listMapLines } from './cells/map-lines.sql.ts'
export { MoveError } from './cells/move-error.ts'
export { CopyError } from './copies/copy-error.ts'
export { type CopyProgress, exportDatabase } from './copies/export.ts'
export { importDatabase } from './copies/import.ts'
export type { Manifest as ExportManifest } from './copies/manifest.ts'
export { ClusterError, initCluster } from './database/cluster/init.ts'
export { connect, type Database } from './database/connect.ts'
export { AddressError } from './database/hosts/address.ts'
export { isMigrated, migrate } from './database/migrate/migrate.ts'
export type { MerchantRow } from './database/schema.ts'
export { diagnoseDatabase } from './diagnosis/diagnose-database.ts'
export { diagnoseSettings, readSettingsOf } from './diagnosis/diagnose-settings.ts'
export type { Check } from './diagnosis/engine/check.ts'
export { checkFolder } from './diagnosis/engine/disk.ts'
export { diagnoseProduction } from './diagnosis/production/diagnose-production.ts'
export { type Erasure, eraseCustomer, OpenObjectsError } from './erasure/erase-customer.ts'
export { createLiveKey } from './merchants/live-key.ts'
export { findMerchant } from './merchants/merchants.sql.ts'
export type { MoveProgress } from './moves/copy.ts'
export { type Moved, moveMerchant } from './moves/move.ts'
export { cleanMoved, type Deleted, undoMove } from './moves/undo.ts'
export { type Resealed, resealSecrets } from './reseal/reseal.ts'
export { HeadKeyError, type HeadSigner, openHeadSigner } from './seals/head-keys.ts'
export { checkHeads, exportHeads } from './verification/heads/heads.ts'
export { HeadsFileError, requireNewFile } from './verification/heads/heads-file.ts'
export { type VerifyOptions, verifyBooks } from './verification/verify-books.ts'
export { verifyProcessors } from './verification/verify-processors.ts'
export { ConfigError, readEnvironment } from './wiring/environment/read.ts'
