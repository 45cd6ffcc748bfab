import { setTimeout as sleep } from 'node:timers/promises'

/** How long a fault lasts that has to be ended, in milliseconds: some thousand statements. */
const lastsMs = 3_000

/** Lets a fault last for its usual time, or so many times as long. */
export async function lasting(times = 1): Promise<void> {
  await sleep(lastsMs * times)
}
