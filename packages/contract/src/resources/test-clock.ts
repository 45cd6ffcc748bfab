import { type Static, Type } from 'typebox'
import { timestamp } from '../text.ts'

/** Furthest one step of the test clock goes, in seconds: a year. */
export const clockStepSecondsMax = 366 * 86_400
/** Furthest the test clock can be ahead in all, in seconds: ten years. */
export const clockOffsetSecondsMax = 10 * clockStepSecondsMax

/** The clock of a merchant's test mode: real time, plus what it was advanced by. */
export const TestClock = Type.Object(
  {
    object: Type.Literal('test_clock'),
    now: timestamp('What time it is for this merchant in test mode.'),
    offset_seconds: Type.Integer({ description: 'How far that is ahead of the real time.' }),
  },
  { title: 'TestClock', additionalProperties: false },
)
export type TestClock = Static<typeof TestClock>

export const TestClockAdvance = Type.Object(
  {
    seconds: Type.Integer({
      minimum: 0,
      maximum: clockStepSecondsMax,
      description: 'How far to jump. The clock never goes back.',
      examples: [3600],
    }),
  },
  { title: 'TestClockAdvance', additionalProperties: false },
)
