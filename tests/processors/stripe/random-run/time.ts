import type { Chance } from '../../../support/chance.ts'
import { type Merchant, send, type World } from './world.ts'

/** How long Stripe keeps an authorization, in seconds. */
const keptSeconds = 7 * 86_400

/** Advances the test clock of a merchant. Authorizations that come later last longer. */
export async function advance(
  world: World,
  { merchant, seconds, chance }: { merchant: Merchant; seconds: number; chance: Chance },
): Promise<void> {
  const body = { seconds }
  const path = '/v1/test/clock/advance'
  const answer = await send(world, { merchant, chance }, ['POST', path, { body }])
  if (answer?.status === 200) merchant.aheadSeconds = answer.body.offset_seconds
  keepAuthorizations(world)
}

/** Makes the clocks of all merchants equal to the one that is furthest ahead. */
export async function alignClocks(world: World, chance: Chance): Promise<void> {
  const ahead = furthestAhead(world)
  for (const merchant of world.merchants) {
    const seconds = ahead - merchant.aheadSeconds
    if (seconds > 0) await advance(world, { merchant, seconds, chance })
  }
}

/** The stand-in has real time, and the merchants' clocks are ahead. */
export function keepAuthorizations(world: World): void {
  const now = Math.floor(Date.now() / 1000)
  world.stripe.keepAuthorizationsUntil(now + furthestAhead(world) + keptSeconds)
}

function furthestAhead({ merchants }: World): number {
  return Math.max(...merchants.map(({ aheadSeconds }) => aheadSeconds))
}
