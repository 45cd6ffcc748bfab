import type { Operation } from '../operation.ts'
import * as administration from './administration.ts'
import * as cancellations from './cancellations.ts'
import * as checkout from './checkout.ts'
import * as clientToken from './client-token.ts'
import * as disputes from './disputes.ts'
import * as events from './events.ts'
import * as payments from './payments.ts'
import * as processors from './processors.ts'
import * as testMode from './test-mode.ts'
import * as webhooks from './webhooks.ts'

/** All operations of the API, by name. */
export const operations = {
  ...payments,
  ...cancellations,
  ...checkout,
  ...clientToken,
  ...disputes,
  ...events,
  ...webhooks,
  ...testMode,
  ...administration,
  ...processors,
} as const

export const allOperations: readonly Operation[] = Object.values(operations)
