/** The merchant's time in test mode. */
export interface TestClockTime {
  object: 'test_clock'
  now: string
  /** How far that is ahead of the real time. */
  offset_seconds: number
}

export interface TestClockAdvanceParams {
  /** How far to jump, 0 to 31,622,400. */
  seconds: number
}
