import { openArena } from './arena.ts'
import { type Lap, RaceError, runLap, type Tally } from './races.ts'
import { makeTemplates } from './starts.ts'

// A child process of `npm run races` with its own database. The parent sends it one lap at a time.

/** Message to the parent: the lap is finished (and another is wanted), or a lap failed. */
export type RacerMessage =
  | { readonly tally: Tally }
  | { readonly failure: string; readonly lap: Lap }

// The URL contains a password, and arguments are visible to all users of the machine.
const url = process.env.HEDGE_RACES_URL ?? ''
const send = (message: RacerMessage) => process.send?.(message)
const arena = await openArena(url)
const templates = await makeTemplates(arena)
process.on('message', (lap: Lap) => void race(lap))
process.once('disconnect', () => void arena.close())
// A terminal sends Ctrl-C to all processes, but the parent decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
send({ tally: {} })

async function race(lap: Lap): Promise<void> {
  try {
    send({ tally: await runLap(arena, templates, lap) })
  } catch (error) {
    // A `RaceError` names its group. For any other error, the whole lap is reported.
    const { message = String(error), stack = message } = error as Error
    const isRaceError = error instanceof RaceError
    send({ failure: isRaceError ? message : stack, lap: isRaceError ? error : lap })
  }
}
