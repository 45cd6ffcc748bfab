import type { Database } from '../database/connect.ts'
import { type Check, countOf, ok } from '../diagnosis/engine/check.ts'
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
 * @returns one check for each guarantee. A check that fails names a few of the payments.
 */
export async function verifyBooks(options: VerifyOptions): Promise<Check[]> {
  const runner = runnerOf(options.database)
  const findings = new Findings()
  const payments = await checkPayments(runner, { ...options, findings })
  for await (const difference of findTotalDifferences(runner, options.merchantId)) {
    const { account, check, name, currency, kept, summed } = difference
    const mode = account.livemode ? 'live' : 'test'
    findings.add(check, [
      `${account.merchantId} ${mode}, ${name} in ${currency}: ${kept} instead of ${summed}`,
    ])
  }
  const sealed = await checkSeals(runner, { ...options, findings })
  const texts = [...invariants, ...totalTexts]
  return [
    ok('payments', `${countOf(payments, 'payment')} checked`),
    ...texts.map((text) => findings.resultOf(text)),
    findings.resultOf(sealText, sealed),
  ]
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
