import { setTimeout as sleep } from 'node:timers/promises'
import { chanceOf } from '../../../support/chance.ts'
import type { Findings } from './books/findings.ts'
import { actByHand } from './by-hand.ts'
import { commands } from './commands.ts'
import { rest } from './rest.ts'
import { draw } from './weighted.ts'
import type { World } from './world.ts'

/** Clients that send commands at the same time. */
const clientsCount = 8
/** Longest pause between the commands of a client, in milliseconds. */
const pauseMsMax = 60
/** Commands between two actions by hand, and between two kills of a server, on average. */
const handEvery = 2
const killEvery = 700

/**
 * One round: commands and actions by hand at random, while the network fails. Then everything rests, and
 * what is wrong is returned.
 */
export async function runRound(
  world: World,
  { seed, commandsMax }: { seed: number; commandsMax: number },
): Promise<Findings> {
  world.roundBegin = world.payments.length
  world.network.isCalm = false
  world.courier.isCalm = false
  let left = commandsMax
  const kills: Promise<void>[] = []
  let isReplacing = false
  const client = async (number: number) => {
    const chance = chanceOf(seed + 100 * number)
    while (left-- > 0) {
      const { name, what } = draw(commands, chance)
      world.counts.add('commands', name)
      await what(world, chance)
      if (chance.once(handEvery)) actByHand(world, chance)
      if (chance.once(killEvery) && !isReplacing) {
        isReplacing = true
        world.counts.add('servers', 'killed')
        kills.push(
          world.fleet.replaceOne(chance).finally(() => {
            isReplacing = false
          }),
        )
      }
      await sleep(chance.below(pauseMsMax))
    }
  }
  await Promise.all(Array.from({ length: clientsCount }, (_, number) => client(number)))
  await Promise.all(kills)
  return await rest(world, seed)
}
