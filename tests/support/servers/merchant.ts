import type { MerchantId } from '@hedgepayments/contract'
import { afterAll, beforeAll, inject } from 'vitest'
import { databaseActor } from '../../../packages/server/src/audit/record.ts'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { newId } from '../../../packages/server/src/domain/ids.ts'
import { toTimestamp } from '../../../packages/server/src/domain/time.ts'
import { createKey } from '../../../packages/server/src/merchants/keys.ts'
import { insertMerchant } from '../../../packages/server/src/merchants/merchants.sql.ts'
import { openSql } from '../databases/sql.ts'
import { apiClient } from '../http/api.ts'
import type { Servers } from './servers.ts'

/** A shared server, with the keys of the file's merchant. */
interface SharedServer {
  readonly url: string
  readonly secretKey: string
  readonly publishableKey: string
}

/** A test file's own merchant on the servers that all files share. */
export interface MerchantFixture extends Pick<Servers, 'apis' | 'api' | 'sql' | 'owner'> {
  /** The database of all merchants. */
  readonly database: { readonly url: string }
  readonly servers: readonly SharedServer[]
}

/**
 * Creates a merchant with a test key pair on the two shared servers, before the file's tests. The
 * returned object is filled in when the tests start.
 *
 * Other files use these servers at the same time. Use `withServers` for a file that sets the
 * environment, reads the log or metrics, stops a server, locks whole tables, counts rows of all
 * merchants or waiting sessions, or uses up limits by address.
 */
export function withMerchant(): MerchantFixture {
  const fixture = {} as { -readonly [Field in keyof MerchantFixture]: MerchantFixture[Field] }

  beforeAll(async () => {
    const { urls, databaseUrl } = inject('sharedServers')
    const { id, secretKey, publishableKey } = await makeMerchant(databaseUrl)
    fixture.database = { url: databaseUrl }
    fixture.sql = openSql(databaseUrl)
    fixture.servers = urls.map((url) => ({ url, secretKey, publishableKey }))
    fixture.apis = urls.map((url) => apiClient(url, secretKey))
    fixture.api = apiClient(urls[0] ?? '', secretKey)
    fixture.owner = { merchant_id: id, livemode: false }
  })

  afterAll(async () => {
    await fixture.sql?.close()
  })

  return fixture
}

/** Creates the merchant in the database, so that its keys share no limits with a key that made them. */
async function makeMerchant(databaseUrl: string) {
  const database = connect({ url: databaseUrl, onError: () => undefined })
  const id = newId<MerchantId>('merchant')
  const account = { merchantId: id, livemode: false }
  const now = toTimestamp(Date.now())
  try {
    const key = await database.db.transaction().execute(async (tx) => {
      await insertMerchant(tx, {
        id,
        name: 'My business',
        default_cancel_window: 0,
        fee_basis_points: null,
        fee_fixed_minor: null,
        created_at: now,
        updated_at: now,
      })
      return await createKey(tx, { account, now, actor: databaseActor('operator', account) })
    })
    return { id, secretKey: key.secret_key, publishableKey: key.publishable_key }
  } finally {
    await database.close()
  }
}
