import {
  type Database,
  type Erasure,
  eraseCustomer,
  OpenObjectsError,
} from '@hedgepayments/server/admin'
import { CliError, exitCodes } from '../../exit-codes.ts'
import { requireMerchant, withDatabase } from '../../open-database.ts'
import { confirm } from '../../output/confirm.ts'
import { countOf, formatCount } from '../../output/format.ts'
import { toJson } from '../../output/json.ts'
import { harmless, print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge erase`. */
export interface EraseOptions extends GlobalOptions {
  customer: readonly string[]
  merchant: string
  live?: boolean
  dryRun?: boolean
  yes?: boolean
  database?: string
}

/**
 * Opens the database, erases the personal data of a customer, and prints what was changed.
 *
 * @throws {CliError} if there is no such merchant, or objects of the customer have not ended.
 */
export async function eraseCustomerOf(options: EraseOptions): Promise<void> {
  await withDatabase(options, async (database) => {
    await requireMerchant(database, options.merchant)
    if (!options.dryRun) {
      const what = `The personal data of ${countOf(options.customer.length, 'customer')} is erased for good.`
      await confirm({ what, word: 'erase', yes: options.yes })
    }
    show(await erase(database, options), options)
  })
}

async function erase(database: Database, options: EraseOptions): Promise<Erasure> {
  const account = { merchantId: options.merchant, livemode: options.live ?? false }
  const customer = { account, identifiers: options.customer }
  try {
    return await eraseCustomer(database, { customer, dryRun: options.dryRun ?? false })
  } catch (error) {
    if (!(error instanceof OpenObjectsError)) throw error
    throw stillOpen(error.open, 'Nothing was changed')
  }
}

/** The error of objects that still need the customer's data. */
function stillOpen(open: OpenObjectsError['open'], before: string): CliError {
  const named = open.map(({ id, state }) => `${id} (${state})`).join(', ')
  const message = `${before}, because these have not ended: ${named}.`
  const hint = 'Cancel them or wait for their end, and run the command again.'
  return new CliError(exitCodes.refused, 'customer_has_open_payments', message, hint)
}

function show(erasure: Erasure, options: EraseOptions): void {
  const { changed, atProcessors, otherIdentifiers, left } = erasure
  const { json, dryRun = false } = options
  if (json) {
    const rows = { rows: changed, at_processors: atProcessors, other_identifiers: otherIdentifiers }
    print(toJson({ object: 'erasure', dry_run: dryRun, ...rows, left }, 2))
  } else {
    for (const [table, count] of Object.entries(changed)) {
      if (count > 0) print(`${formatCount(count).padStart(12)}  ${table}`)
    }
    for (const line of remarks(erasure)) print(line)
    print(summary(changed, dryRun))
  }
  if (left.length > 0) throw stillOpen(left, 'Some data is left')
}

function summary(changed: Erasure['changed'], dryRun: boolean): string {
  const total = Object.values(changed).reduce((sum, count) => sum + count, 0)
  if (total === 0) return 'The database has no personal data of the customer.'
  return `${countOf(total, 'row')} ${dryRun ? 'would be erased. Nothing was changed.' : 'erased.'}`
}

/** What is left to do elsewhere. */
function remarks({ atProcessors, otherIdentifiers }: Erasure): string[] {
  // The sandbox has no customers.
  const processors = Object.entries(atProcessors).filter(([processor]) => processor !== 'sandbox')
  const lines = processors.map(
    ([processor, count]) =>
      `Sent to ${processor}: ${countOf(count, 'payment')}. It has data of its own: erase it there too.`,
  )
  if (otherIdentifiers.length > 0) {
    const named = otherIdentifiers.map(harmless).join(', ')
    lines.push(`They also named ${named}. Erase these too if they are the same customer.`)
  }
  return lines
}
