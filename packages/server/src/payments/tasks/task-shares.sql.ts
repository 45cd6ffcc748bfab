import { sql } from 'kysely'
import type { TaskKind } from '../../database/task-rows.ts'
import type { SkippedAccounts } from '../../jobs/scanning-limiter.ts'

/** Limits on the tasks that one claim may take of each account (merchant and mode). */
export interface TaskShares {
  /** Tasks of an account that is not in the list. */
  readonly startMax: number
  /** Further tasks of test mode, of all merchants. */
  readonly testAvailable: number
  /** The accounts that this process knows. Their number is bounded. */
  readonly accounts: readonly {
    readonly merchantId: string
    readonly livemode: boolean
    /** Tasks in progress. */
    readonly count: number
    /** Accounts with the same window share its available tasks. */
    readonly window: string
    readonly available: number
  }[]
}

/** Which tasks a claim takes, and how many. */
export interface TaskClaimRequest {
  readonly kinds: readonly TaskKind[]
  readonly limit: number
  readonly leaseSeconds: number
  readonly shares?: TaskShares
  readonly skip?: SkippedAccounts
}

/** A condition on tasks `t`. */
export function isNotSkipped({ accounts, isTestSkipped }: SkippedAccounts) {
  const merchantsOf = (livemode: boolean) =>
    accounts.filter((account) => account.livemode === livemode).map(({ merchantId }) => merchantId)
  return sql`and case when t.livemode then t.merchant_id <> all(${merchantsOf(true)}::text[])
      else ${!isTestSkipped} and t.merchant_id <> all(${merchantsOf(false)}::text[]) end`
}

/**
 * The rows of `due` within the shares: the earliest of each account, and of test mode. Of accounts that
 * share a window, those with the fewest tasks in progress come first.
 */
export function withinShares({ startMax, testAvailable, accounts }: TaskShares) {
  return sql`select s.* from (
        select d.*, a.available, row_number() over (
            partition by coalesce(a.shared, d.merchant_id || d.livemode::text)
            order by d.nth + coalesce(a.count, 0), d.due_at, d.payment_id) as nth_of_window
        from (
          select *,
            row_number() over (partition by merchant_id, livemode
              order by due_at, payment_id) as nth,
            row_number() over (partition by livemode order by due_at, payment_id) as nth_of_mode
          from due
        ) d
        left join unnest(${accounts.map(({ merchantId }) => merchantId)}::text[],
            ${accounts.map(({ livemode }) => livemode)}::boolean[],
            ${accounts.map(({ count }) => count)}::integer[],
            ${accounts.map(({ window }) => window)}::text[],
            ${accounts.map(({ available }) => available)}::integer[])
            as a (merchant_id, livemode, count, shared, available)
          on a.merchant_id = d.merchant_id and a.livemode = d.livemode
      ) s
      where s.nth_of_window <= coalesce(s.available, ${startMax})
        and (s.livemode or s.nth_of_mode <= ${testAvailable})`
}
