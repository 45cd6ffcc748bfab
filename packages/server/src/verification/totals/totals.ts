import { StepSize } from '../../database/statements/step-size.ts'
import type { Account } from '../../domain/account.ts'
import { findNextWithEvents } from '../pages/accounts.sql.ts'
import { accountsOf } from '../pages/accounts.ts'
import type { Runner } from '../pages/runner.ts'
import {
  findPartEnd,
  type PartTotals,
  readKeptTotals,
  sumPart,
  type TotalRow,
} from './totals.sql.ts'

/** A sum that differs from what its rows add up to. */
export interface TotalDifference {
  readonly account: Account
  /** Which guarantee it violates: see `totalGuarantees`. */
  readonly check: keyof typeof totalGuarantees
  /** The account of the ledger or the measure of the plots, and the currency. */
  readonly name: string
  readonly currency: string
  /** In minor units. */
  readonly kept: bigint
  readonly summed: bigint
}

/** What is true of the sums of a merchant and mode, by the names of the checks. */
export const totalGuarantees = {
  ledger_zero: 'the ledger of a merchant sums to zero in each currency',
  kept_balances: 'the kept balances are the sums of the ledger',
  plots_captured: 'the plots contain what was captured and not returned',
  plots_refunded: 'the plots contain the refunds that are paid',
} as const

/** Payments summed by one statement: a tenth of a second of work. */
const partSize = 20_000
/** Behind every id. */
const lastId = '~'

/**
 * Compares the sums that the server keeps with the rows, for each merchant and mode with events. All events
 * up to the position of the kept sums are compared, so events that are counted meanwhile do not matter.
 */
export async function* findTotalDifferences(
  runner: Runner,
  merchantId: string | null,
): AsyncGenerator<TotalDifference> {
  const withEvents = (after: Account) => findNextWithEvents(runner, after)
  for await (const account of accountsOf(merchantId, withEvents)) {
    yield* compareAccount(runner, account)
  }
}

async function* compareAccount(runner: Runner, account: Account): AsyncGenerator<TotalDifference> {
  const kept = await readKeptTotals(runner, account)
  const balances = new Sums()
  const plots = new Sums()
  const { position } = kept
  const sizes = new StepSize(partSize)
  for (let after = ''; ; ) {
    const { end, part } = await sizes.run((size) =>
      sumNext(runner, { account, after, position, size }),
    )
    balances.add(part.balances)
    plots.add(part.plots)
    if (end === null) break
    after = end
  }
  for (const difference of balances.compare(kept.balances)) {
    yield { account, check: 'kept_balances', ...difference }
  }
  for (const { currency, summed } of unbalanced(kept.balances)) {
    yield { account, check: 'ledger_zero', name: 'all accounts', currency, kept: 0n, summed }
  }
  for (const difference of plots.compare(kept.plots)) {
    const check = difference.name === 'refunded' ? 'plots_refunded' : 'plots_captured'
    yield { account, check, ...difference }
  }
}

/** Sums the next payments of an account. `end`: behind which the next part begins; `null`: it is the last. */
async function sumNext(
  runner: Runner,
  given: { account: Account; after: string; position: string; size: number },
): Promise<{ end: string | null; part: PartTotals }> {
  const end = await findPartEnd(runner, given)
  return { end, part: await sumPart(runner, { ...given, through: end ?? lastId }) }
}

/** Sums by name and currency. */
class Sums {
  readonly #sums = new Map<string, bigint>()

  add(rows: readonly TotalRow[]): void {
    for (const { name, currency, amount } of rows) {
      const key = `${name} ${currency}`
      this.#sums.set(key, (this.#sums.get(key) ?? 0n) + BigInt(amount))
    }
  }

  /** The sums that differ from the kept ones. */
  *compare(kept: readonly TotalRow[]) {
    const keptSums = new Sums()
    keptSums.add(kept)
    for (const key of new Set([...this.#sums.keys(), ...keptSums.#sums.keys()])) {
      const [name = '', currency = ''] = key.split(' ')
      const summed = this.#sums.get(key) ?? 0n
      const keptSum = keptSums.#sums.get(key) ?? 0n
      if (summed !== keptSum) yield { name, currency, kept: keptSum, summed }
    }
  }
}

/** The currencies in which the kept balances do not sum to zero. */
function unbalanced(kept: readonly TotalRow[]): { currency: string; summed: bigint }[] {
  const sums = new Map<string, bigint>()
  for (const { currency, amount } of kept) {
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(amount))
  }
  return [...sums]
    .map(([currency, summed]) => ({ currency, summed }))
    .filter(({ summed }) => summed !== 0n)
}
