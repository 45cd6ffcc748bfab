import { type Static, Type } from 'typebox'
import { constant, timestamp } from '../text.ts'

/** The maximum of one advance of the test clock, in seconds: a year. */
const clockStepSecondsMax = 366 * 86_400
/** The maximum offset of the test clock, in seconds: ten years. */
export const clockOffsetSecondsMax = 10 * clockStepSecondsMax

/** The clock of a merchant's test mode: the real time plus an offset. */
export const TestClock = Type.Object(
  {
    object: constant('test_clock'),
    now: timestamp("The time of the merchant's test mode."),
    offset_seconds: Type.Integer({ description: 'The seconds ahead of the real time.' }),
  },
  {
    title: 'TestClock',
    description: "The clock of the merchant's test mode.",
    additionalProperties: false,
  },
)
export type TestClock = Static<typeof TestClock>

export const TestClockAdvance = Type.Object(
  {
    seconds: Type.Integer({
      minimum: 0,
      maximum: clockStepSecondsMax,
      description: 'The seconds to advance. The clock cannot go back.',
      examples: [3600],
    }),
  },
  { title: 'TestClockAdvance', description: 'The time to advance.', additionalProperties: false },
)
