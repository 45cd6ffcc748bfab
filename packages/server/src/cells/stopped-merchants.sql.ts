import { sql } from 'kysely'
import type { Db } from '../database/db.ts'

/** A merchant that is not served here. */
export interface StoppedMerchant {
  readonly merchantId: string
  /** It has moved away. `false`: it is moving. */
  readonly hasMoved: boolean
  /** The address of the other cell; `null`: its servers do not know theirs. */
  readonly otherUrl: string | null
}

/** The merchants that are moving to or from this database, or have moved away. */
export async function listStopped(db: Db): Promise<StoppedMerchant[]> {
  const { rows } = await sql<StoppedMerchant>`
    select merchant_id as "merchantId", phase = 'moved' as "hasMoved", other_url as "otherUrl"
    from merchant_moves where phase not in ('copying', 'arrived')`.execute(db)
  return rows
}
