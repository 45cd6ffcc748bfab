// `@hedgepayments/server/admin`: for operators' programs that have the database, such as the CLI.

export { connect, type Database } from './database/connect.ts'
export { AddressError } from './database/hosts/address.ts'
export { isMigrated } from './database/migrate/migrate.ts'
export type { MerchantRow } from './database/schema.ts'
export { createLiveKey } from './merchants/live-key.ts'
