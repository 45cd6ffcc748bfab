import type { Database } from '../database/connect.ts'
import { type Check, countOf, duration, ok, warn } from '../diagnosis/engine/check.ts'
import { measureSeals } from '../metrics/queues/queues.sql.ts'
import { checkChains } from './chain/chains.ts'
import { type CheckText, Findings } from './findings.ts'
import { invariants } from './invariants/all.ts'
import { checkPages } from './invariants/check-pages.ts'
import { countPayments, estimatePayments } from './pages/page.sql.ts'
import { type Runner, runnerOf } from './pages/runner.ts'
import { findTotalDifferences, totalGuarantees } from './totals/totals.ts'

/** What is verified, and who is told of the progress. */
export interface VerifyOptions {
  readonly database: Database
  /** Only this merchant; `null`: all merchants. */
  readonly merchantId: string | null
  /** Payments that were checked, and about how many there are. */
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Checks the books of a deployment by its database, while servers use it: the timelines, tasks, refunds,
 * disputes and ledger entries of every payment, and the sums that the server keeps. Reads only. It
 * reads page by page, so its memory does not depend on the number of payments.
 *
 * @returns one check for each guarantee, as soon as it is made. A check that fails names a few of the
 *   payments. Before an error come the violations that were found until then.
 */
export async function* verifyBooks(options: VerifyOptions): AsyncGenerator<Check> {
  const runner = runnerOf(options.database)
  const findings = new Findings()
  let payments = 0
  try {
    payments = await checkPayments(runner, { ...options, findings })
  } catch (error) {
    for (const text of invariants) if (findings.has(text)) yield findings.resultOf(text)
    throw error
  }
  yield ok('payments', `${countOf(payments, 'payment')} checked`)
  for (const text of invariants) yield findings.resultOf(text)
  await addTotals(runner, { ...options, findings })
  for (const text of totalTexts) yield findings.resultOf(text)
  const sealed = await checkSeals(runner, { ...options, findings })
  yield findings.has(sealText)
    ? findings.resultOf(sealText)
    : ((await findLag(options.database)) ?? ok(sealText.name, sealed))
}

/** Compares the sums that the server keeps with their rows. */
async function addTotals(
  runner: Runner,
  options: VerifyOptions & { findings: Findings },
): Promise<void> {
  const { findings } = options
  for await (const difference of findTotalDifferences(runner, options.merchantId)) {
    const { account, check, name, currency, kept, summed } = difference
    const mode = account.livemode ? 'live' : 'test'
    findings.add(check, [
      `${account.merchantId} ${mode}, ${name} in ${currency}: ${kept} instead of ${summed}`,
    ])
  }
}

/** Seals are at most minutes behind. After so many seconds, nobody seals any more. */
const sealingLagMax = 3_600

/** A warning where events wait for their seals for too long: until then, nothing shows their changes. */
async function findLag({ db }: Database): Promise<Check | null> {
  const { count, oldestSeconds } = await measureSeals(db)
  if (oldestSeconds <= sealingLagMax) return null
  return warn(sealText.name, {
    found: `${countOf(count, 'event')} without a seal, the oldest is ${duration(oldestSeconds)} old`,
    expected: 'seals that are at most an hour behind the events',
    action: 'run the server, and find "seal worker failed" in its log',
  })
}

const sealText: CheckText = {
  name: 'seals',
  guarantee: 'the events and ledger transfers are those that were sealed',
  action: 'compare these rows with a backup: somebody has changed the history by hand',
}

/** Recomputes the chains of seals. Returns what they contain. */
async function checkSeals(
  runner: Runner,
  { database, merchantId, findings }: VerifyOptions & { findings: Findings },
): Promise<string> {
  const total = { chains: 0, seals: 0, events: 0 }
  for await (const chain of checkChains({ db: database.db, runner }, merchantId)) {
    if (chain.seals > 0) total.chains++
    total.seals += chain.seals
    total.events += chain.events
    const { merchantId: merchant, livemode } = chain.account
    const where = `${merchant} ${livemode ? 'live' : 'test'}`
    const differences = chain.differences.map((what) => `${where}, ${what}`)
    if (differences.length > 0) findings.add(sealText.name, differences)
  }
  return `${countOf(total.events, 'event')} in ${countOf(total.seals, 'seal')} of ${countOf(total.chains, 'chain')}`
}

/** Checks the invariants of all payments. Returns their number. */
async function checkPayments(
  runner: Runner,
  { merchantId, onProgress, findings }: Omit<VerifyOptions, 'database'> & { findings: Findings },
): Promise<number> {
  const estimate = await estimatePayments(runner, merchantId)
  let done = 0
  for await (const { page, payments, violations } of checkPages(runner, merchantId)) {
    for (const { invariant, rows } of violations) {
      findings.add(
        invariant.name,
        rows.map(({ id }) => id),
      )
    }
    done += payments ?? (await countPayments(runner, page))
    onProgress(done, Math.max(done, estimate))
  }
  return done
}

const totalTexts: readonly CheckText[] = Object.entries(totalGuarantees).map(
  ([name, guarantee]) => ({
    name,
    guarantee,
    action: name.startsWith('plots')
      ? 'only the plots of the dashboard are wrong: compare hourly_stats with the payments'
      : 'compare ledger_balances and ledger_transfers with a backup: rows were changed',
  }),
)
