import { StepSize } from '../../database/statements/step-size.ts'
import { findPageEnd, type Page, type PaymentKey, queryPage } from '../pages/page.sql.ts'
import { rangesOf } from '../pages/ranges.ts'
import type { Runner } from '../pages/runner.ts'
import { invariants } from './all.ts'
import type { Invariant } from './invariant.ts'

/** Payments of one page: each of its statements takes some ten milliseconds. */
const pageSizeMax = 2_000
/** The same in a cluster, where a statement compares each payment with the rows of all payments of its page. */
const clusterPageSizeMax = 250

/** A violated invariant on one page. */
export interface PageViolations {
  readonly invariant: Invariant
  /** The violating rows, each with the payment's id as `id`. */
  readonly rows: readonly Violation[]
}
type Violation = { readonly id: string } & Readonly<Record<string, unknown>>

/** A page that was checked. */
export interface CheckedPage {
  readonly page: Page
  /** The number of its payments; `null`: it is the last one, and has fewer than a page. */
  readonly payments: number | null
  readonly violations: readonly PageViolations[]
}

/**
 * Checks all invariants page by page, in the order of the payments' keys.
 *
 * Each check of a page is one statement, so it sees one snapshot, and every invariant is about one payment
 * and its rows, which the server writes in one transaction. So a running server causes no false alarm. No
 * snapshot lasts longer than a page. *Rejected:* one snapshot for the whole run. For as long as it lasts,
 * PostgreSQL removes no old version of any row, and queues and cancels become slower.
 *
 * A page of which a statement reaches the time limit is repeated as a smaller one.
 */
export async function* checkPages(
  runner: Runner,
  merchantId: string | null,
): AsyncGenerator<CheckedPage> {
  const sizes = new StepSize(runner.isCluster ? clusterPageSizeMax : pageSizeMax)
  for await (const { after: first, through } of rangesOf(runner, merchantId)) {
    for (let after: PaymentKey | null = first; after !== null; ) {
      const page: Page = { after, through }
      const next = await sizes.run((size) => checkNext(runner, { page, size }))
      yield next.checked
      after = next.end
    }
  }
}

/** A page that was checked, and behind which payment the next one begins; `null`: it was the last. */
interface NextPage {
  readonly end: PaymentKey | null
  readonly checked: CheckedPage
}

/** Checks the next payments of a range. */
async function checkNext(
  runner: Runner,
  { page: { after, through }, size }: { page: Page; size: number },
): Promise<NextPage> {
  const end = await findPageEnd(runner, { page: { after, through }, size })
  const page: Page = { after, through: end ?? through }
  const violations = await checkPage(runner, { page, payments: size })
  return { end, checked: { page, payments: end === null ? null : size, violations } }
}

/** The violated invariants of a page. */
async function checkPage(
  runner: Runner,
  { page, payments }: { page: Page; payments: number },
): Promise<PageViolations[]> {
  const violations: PageViolations[] = []
  for (const invariant of invariants) {
    const rows = await queryPage<Violation>(runner, { page, text: invariant.text, payments })
    if (rows.length > 0) violations.push({ invariant, rows })
  }
  return violations
}
