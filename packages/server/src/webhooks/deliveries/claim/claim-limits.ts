import type { AccountUsage } from '../../../jobs/limiter.ts'

/**
 * How long a claim lasts, in seconds: twice the deadline of an attempt. After a `kill -9` another
 * process claims the delivery then. All times of the queue are by the database's clock. The end of a
 * lease is stored in `due_at`, so one index finds new deliveries and abandoned ones.
 */
export const leaseSeconds = 20

/** How many more deliveries an endpoint may get at the same time. */
export interface EndpointCapacity {
  readonly endpointId: string
  readonly available: number
}

/** How many deliveries one claim may take, of which accounts and endpoints. See `DeliveryLimiter`. */
export interface ClaimLimits {
  /** Attempts in total, and of test mode. */
  readonly limit: number
  readonly testLimit: number
  /** Attempts that a merchant may have in progress after the claim, in each mode. */
  readonly perLiveAccount: number
  readonly perTestAccount: number
  /** Attempts that accounts have in progress at this process. */
  readonly usage: readonly AccountUsage[]
  /** Attempts that the claim may take for an endpoint which `endpoints` does not list. */
  readonly perEndpoint: number
  readonly endpoints: readonly EndpointCapacity[]
}
