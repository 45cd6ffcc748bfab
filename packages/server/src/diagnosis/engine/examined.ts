import type { Database } from '../../database/connect.ts'
import type { Settings } from './settings.sql.ts'

/** The encryption keys of the servers; `null`: not set. */
export interface SealingKeys {
  readonly current: string | null
  readonly previous: string | null
}

/** What the checks of a database need. */
export interface Diagnosis {
  readonly database: Database
  /** HEDGE_ENCRYPTION_KEY and HEDGE_ENCRYPTION_KEY_PREVIOUS. */
  readonly sealingKeys: SealingKeys
  /** The folder of the bundled PostgreSQL; `null`: another one, whose files are elsewhere. */
  readonly folder: string | null
  /** Whether test data counts as much as live data. Else it may be lost in a power cut. */
  readonly isProduction: boolean
}

/** The same, with what the first statement has read. */
export interface Examined extends Diagnosis {
  readonly settings: Settings
}
