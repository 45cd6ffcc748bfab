import { openArena } from './arena.ts'
import { type Lap, RaceError, runLap, type Tally } from './races.ts'
import { makeTemplates } from './starts.ts'

// One process of `npm run races`, on a database of its own: it is given a lap at a time.

/** What a racer says: it wants a lap, with what came of the last one, or it has found something. */
export type Said = { readonly tally: Tally } | { readonly wrong: string; readonly lap: Lap }

// Not an argument: those are seen by everybody on the machine.
const url = process.env.HEDGE_RACES_URL ?? ''
const say = (said: Said) => process.send?.(said)
const arena = await openArena(url)
const templates = await makeTemplates(arena)
process.on('message', (lap: Lap) => void race(lap))
process.once('disconnect', () => void arena.close())
// Its starter decides when it ends: what a terminal sends to all is not meant for it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
say({ tally: {} })

async function race(lap: Lap): Promise<void> {
  try {
    say({ tally: await runLap(arena, templates, lap) })
  } catch (error) {
    // Anything else went wrong somewhere in the lap.
    const { message = String(error), stack = message } = error as Error
    const isFound = error instanceof RaceError
    say({ wrong: isFound ? message : stack, lap: isFound ? error : lap })
  }
}
