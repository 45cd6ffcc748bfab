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
export { connect, type Database } from './database/connect.ts'
export { AddressError } from './database/hosts/address.ts'
export { isMigrated } from './database/migrate/migrate.ts'
export type { MerchantRow } from './database/schema.ts'
export { createLiveKey } from './merchants/live-key.ts'
