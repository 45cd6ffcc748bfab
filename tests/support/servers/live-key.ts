import { databaseActor } from '../../../packages/server/src/audit/record.ts'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { toTimestamp } from '../../../packages/server/src/domain/time.ts'
import { createKey } from '../../../packages/server/src/merchants/keys.ts'

/**
 * Creates a live secret key in the database, as `hedge keys create --live` does. The API cannot create
 * the first live key of a merchant.
 */
export async function makeLiveKey(databaseUrl: string, merchantId: string): Promise<string> {
  const database = connect({ url: databaseUrl, onError: () => undefined })
  const account = { merchantId, livemode: true }
  try {
    const key = await database.db.transaction().execute((tx) =>
      createKey(tx, {
        account,
        now: toTimestamp(Date.now()),
        actor: databaseActor('operator', account),
      }),
    )
    return key.secret_key
  } finally {
    await database.close()
  }
}
