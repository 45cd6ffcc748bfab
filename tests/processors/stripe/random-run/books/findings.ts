import { historyOf } from '../history.ts'
import type { World } from '../world.ts'

/** What is wrong, with the histories of the first payments that it is about. */
export interface Findings {
  readonly problems: readonly string[]
  readonly histories: readonly string[]
}

export const nothing: Findings = { problems: [], histories: [] }

/** Histories that one comparison shows. */
const historiesMax = 3

/** Marks payments as wrong, so that later rounds leave them out. Returns the histories of the first ones. */
export async function report(world: World, paymentIds: readonly string[]): Promise<string[]> {
  const ids = [...new Set(paymentIds)]
  for (const id of ids) world.wrong.add(id)
  return await Promise.all(ids.slice(0, historiesMax).map((id) => historyOf(world, id)))
}

export function joined(all: readonly Findings[]): Findings {
  return {
    problems: all.flatMap(({ problems }) => problems),
    histories: all.flatMap(({ histories }) => histories),
  }
}
