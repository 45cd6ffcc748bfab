import { defineOperation } from '../operation.ts'
import { TestClock, TestClockAdvance } from '../resources/test-clock.ts'

const tag = 'Test mode'

export const retrieveTestClock = defineOperation({
  id: 'retrieveTestClock',
  method: 'GET',
  path: '/v1/test/clock',
  tag,
  summary: 'Read the test clock',
  description: 'Test mode only: for a live key there is no such path.',
  scope: 'payments:read',
  responses: { 200: TestClock },
  errors: ['not_found'],
})

export const advanceTestClock = defineOperation({
  id: 'advanceTestClock',
  method: 'POST',
  path: '/v1/test/clock/advance',
  tag,
  summary: 'Advance the test clock',
  description:
    "Jumps the time of the merchant's test mode ahead. What becomes due (undo windows that end, " +
    'payments that expire, retries) is done right after. Other processes follow within 5 seconds.',
  scope: 'payments:create',
  body: TestClockAdvance,
  responses: { 200: TestClock },
  errors: ['not_found'],
})
