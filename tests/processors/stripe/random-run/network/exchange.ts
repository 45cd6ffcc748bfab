import type { Chance } from '../../../../support/chance.ts'

/** Failures that only Stripe itself can have. The next request to the path meets one. */
export type OwnFailure = 'fails' | 'fails though done'

/** The answer of Stripe, as it is passed on. */
export interface Passed {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** What the faults know of the network, and change. */
export interface NetworkState {
  isCalm: boolean
  /** When each PaymentIntent was seen first. */
  readonly seenMs: Map<string, number>
  /** The number of requests that still arrive after their callers have stopped waiting. */
  readonly lateCount: number
  /** Makes Stripe itself fail. */
  readonly fail: (line: string, how: OwnFailure) => void
}

/** One request of the server on its way to Stripe. */
export interface Exchange {
  /** Method and path. */
  readonly line: string
  readonly isWrite: boolean
  readonly chance: Chance
  readonly network: NetworkState
  /** Sends the request to Stripe. `null`: the connection broke. */
  forward(): Promise<Passed | null>
  answer(passed: Passed | null): void
  cut(): void
  /** Makes Stripe forget the idempotency key of the request, as it does after a day. */
  forgetKey(): void
  /** Carries on later, although the connection has ended. */
  later(run: () => Promise<unknown>): void
}
