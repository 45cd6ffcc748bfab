import { isId } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { EndpointRow } from '../database/webhook-rows.ts'
import type { Account } from '../domain/account.ts'
import type { Reply } from '../http/answers/answer.ts'
import { type Refusal, refuseStoredId } from '../http/answers/refusal.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { findEndpoint } from './endpoints/endpoints.sql.ts'
import { endpointNotFound } from './endpoints/endpoints.ts'
import type { PrivateNetworks } from './send/reach.sql.ts'

/** The dependencies of the webhook routes. */
export interface WebhookOptions {
  readonly db: Db
  /** The connections of lists. */
  readonly readDb: Db
  readonly sealer: Sealer
  readonly privateNetworks: PrivateNetworks
  /** Is called after a request that has made work for the workers. */
  readonly onWork: () => void
}

/** Answers with the result of `use` for an endpoint of the account, or with 404. */
export async function withEndpoint(
  db: Db,
  { account, id }: { account: Account; id: string },
  use: (row: EndpointRow) => Reply | Promise<Reply>,
): Promise<Reply> {
  const row = isId('webhookEndpoint', id) ? await findEndpoint(db, { account, id }) : undefined
  return row ? await use(row) : endpointNotFound()
}

/** Refuses a retry or replay for a disabled endpoint: nothing would be sent. */
export function endpointDisabled(id: string): Refusal {
  return refuseStoredId(id, 'an endpoint that is enabled: enable it first')
}
