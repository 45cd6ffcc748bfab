/** The merchant's clock in test mode. */
export interface TestClockTime {
  object: 'test_clock'
  now: string
  /** Seconds ahead of the real time. */
  offset_seconds: number
}

export interface TestClockAdvanceParams {
  /** Seconds to advance, 0 to 31,622,400. */
  seconds: number
}
