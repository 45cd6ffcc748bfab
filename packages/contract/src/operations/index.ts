import type { Operation } from '../operation.ts'
import * as administration from './administration.ts'
import * as cancellations from './cancellations.ts'
import * as payments from './payments.ts'

/** Every operation of the API, by its id. */
export const operations = { ...payments, ...cancellations, ...administration } as const

export const allOperations: readonly Operation[] = Object.values(operations)
