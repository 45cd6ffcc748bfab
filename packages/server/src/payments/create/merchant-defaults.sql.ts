import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'

/** The settings of a merchant and mode that decide what a create means. */
export interface MerchantDefaults {
  /** The undo window of payments without one, in seconds. */
  readonly cancelWindow: number
  /** Whether the merchant has credentials of a processor in this mode. */
  readonly hasCredentials: boolean
}

/** Reads the settings of a merchant and mode. */
export async function findDefaults(db: Db, account: Account): Promise<MerchantDefaults> {
  const { rows } = await sql<MerchantDefaults>`
    select m.default_cancel_window as "cancelWindow", p.merchant_id is not null as "hasCredentials"
    from merchants m left join processor_credentials p
      on p.merchant_id = m.id and p.livemode = ${account.livemode}
    where m.id = ${account.merchantId}`.execute(db)
  if (!rows[0]) throw new Error('a merchant with a key does not exist')
  return rows[0]
}
