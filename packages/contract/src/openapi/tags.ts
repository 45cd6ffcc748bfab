import { allOperations } from '../operations/index.ts'
import type { Json } from './json.ts'

const descriptions: Readonly<Record<string, string>> = {
  Payments:
    'Create, initiate, cancel, refund and reverse payments, and read what happened to them.',
  Cancellations: 'Cancel many payments in the background.',
  Checkout: 'Hosted pages on which customers pay.',
  Disputes: 'Payments that customers dispute at their banks.',
  'API keys': 'Keys of programs, and tokens of browsers.',
  Events: 'Every change of a payment is an event.',
  Webhooks: 'Endpoints that receive events, and the deliveries to them.',
  'Test mode': 'The clock of test mode.',
  Merchants: 'Settings and balance of a merchant.',
  'Audit log': "Administrators' actions.",
  Processors: "The merchant's own account at a processor.",
}

/** All tags with their descriptions. @throws {Error} if a tag has no description. */
export function describeTags(): Json {
  return [...new Set(allOperations.map(({ tag }) => tag))].map((name) => {
    const description = descriptions[name]
    if (description === undefined) throw new Error(`the tag ${name} has no description`)
    return { name, description }
  })
}
