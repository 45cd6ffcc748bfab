import { disputes } from './disputes.sql.ts'
import type { Invariant } from './invariant.ts'
import { money } from './money.sql.ts'
import { tasks } from './tasks.sql.ts'
import { timelines } from './timelines.sql.ts'

/** Every invariant of payments, in the order of the report. */
export const invariants: readonly Invariant[] = [...timelines, ...tasks, ...money, ...disputes]
