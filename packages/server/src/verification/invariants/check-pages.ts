import { findPageEnd, type Page, queryPage, wholePage } from '../pages/page.sql.ts'
import type { Runner } from '../pages/runner.ts'
import { invariants } from './all.ts'
import type { Invariant } from './invariant.ts'

/** Payments of one page: each of its statements takes some ten milliseconds. */
const pageSizeMax = 2_000

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
 * A statement that reaches the time limit is repeated with a smaller page.
 */
export async function* checkPages(
  runner: Runner,
  merchantId: string | null,
): AsyncGenerator<CheckedPage> {
  let left: Page | null = wholePage(merchantId)
  let size = pageSizeMax
  while (left !== null) {
    try {
      const end = await findPageEnd(runner, { page: left, size })
      const page: Page = { after: left.after, through: end ?? left.through }
      const violations = await checkPage(runner, { page, payments: size })
      yield { page, payments: end === null ? null : size, violations }
      left = end === null ? null : { after: end, through: left.through }
    } catch (error) {
      if (!isTimeout(error) || size === 1) throw error
      size = Math.ceil(size / 4)
    }
  }
}

/** The violated invariants of a page. */
export async function checkPage(
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

/** Whether a statement reached `statement_timeout`. */
function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === '57014'
}
