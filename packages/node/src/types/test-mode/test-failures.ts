/** How an authorization fails. `processor_unavailable`: the processor does not answer for a minute. */
export type TestFailureCode =
  | 'card_declined'
  | 'insufficient_funds'
  | 'lost_card'
  | 'stolen_card'
  | 'expired_card'
  | 'incorrect_cvc'
  | 'processing_error'
  | 'authentication_failed'
  | 'account_closed'
  | 'processor_unavailable'

export interface TestFailureCreateParams {
  code: TestFailureCode
}

/** A failure that waits for the merchant's next authorization in test mode. */
export interface TestFailure {
  object: 'test_failure'
  code: TestFailureCode
  /** The failures that wait, with this one. */
  waiting: number
}
