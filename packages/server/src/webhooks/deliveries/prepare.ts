import type { Db } from '../../database/db.ts'
import type { DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import { toMs } from '../../domain/time.ts'
import { findEventsAt } from '../../events/events.sql.ts'
import { renderEvents } from '../../events/load.ts'
import type { Sealer } from '../../sealing/sealer.ts'
import type { Reach } from '../send/address.ts'
import { findReach, type PrivateNetworks } from '../send/reach.sql.ts'
import { type Signer, signerOf } from '../send/signature.ts'
import { type EndpointWithHealth, findEndpointsOf } from './find-endpoints.sql.ts'

/** A claimed delivery with everything that its attempt needs. */
export interface PreparedDelivery {
  readonly delivery: DeliveryRow
  readonly endpoint: EndpointWithHealth
  /** `null`: the event is no longer stored. */
  readonly body: Buffer | null
  /**
   * The signing keys of the endpoint. Throws where a secret cannot be decrypted: only deliveries of
   * this endpoint fail then.
   */
  readonly signers: () => readonly Signer[]
  readonly reach: Reach
}

/** Reads what the attempts of claimed deliveries need: one statement for each table, not for each delivery. */
export async function prepareDeliveries(
  context: { db: Db; sealer: Sealer; privateNetworks: PrivateNetworks },
  deliveries: readonly DeliveryRow[],
): Promise<PreparedDelivery[]> {
  const { db, privateNetworks } = context
  const endpoints = await findEndpointsOf(db, deliveries)
  const bodies = await renderBodies(db, deliveries)
  const signers = new SignerCache(context.sealer)
  // Read for each claim: the first live key closes the private networks at once.
  const livemode = deliveries.every((delivery) => delivery.livemode)
  const reach = await findReach(db, { livemode, privateNetworks })
  return deliveries.map((delivery) => {
    const endpoint = endpoints.get(delivery.endpoint_id)
    if (!endpoint) throw new Error('a delivery has no endpoint')
    const body = bodies.get(delivery.position) ?? null
    return { delivery, endpoint, body, signers: () => signers.of(endpoint), reach }
  })
}

/** Decrypts each endpoint's secrets once per claim. */
class SignerCache {
  readonly #sealer: Sealer
  readonly #signers = new Map<string, readonly Signer[]>()

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  of(endpoint: EndpointRow): readonly Signer[] {
    const cached = this.#signers.get(endpoint.id)
    if (cached) return cached
    const { old_secret: old, old_secret_expires_at: oldUntil } = endpoint
    const secrets = [this.#sealer.open(endpoint.secret, endpoint.id)]
    if (old !== null && oldUntil !== null && toMs(oldUntil) > Date.now()) {
      secrets.push(this.#sealer.open(old, endpoint.id))
    }
    const signers = secrets.map(signerOf)
    this.#signers.set(endpoint.id, signers)
    return signers
  }
}

/** The bodies of deliveries by the positions of their events. Renders each event once. */
async function renderBodies(
  db: Db,
  deliveries: readonly DeliveryRow[],
): Promise<Map<string, Buffer>> {
  const positions = [...new Set(deliveries.map((row) => row.position))]
  const events = await renderEvents(db, await findEventsAt(db, positions))
  return new Map(
    [...events].map(([position, event]) => [position, Buffer.from(JSON.stringify(event))]),
  )
}
