import { defineOperation } from '../operation.ts'
import { TestClock, TestClockAdvance } from '../resources/test-clock.ts'
import { TestFailure, TestFailureCreate } from '../resources/test-failure.ts'

const tag = 'Test mode'

export const retrieveTestClock = defineOperation({
  id: 'retrieveTestClock',
  method: 'GET',
  path: '/v1/test/clock',
  tag,
  summary: 'Retrieve the test clock',
  description: 'Test mode only. A live key gets 404.',
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
    "Advances the clock of the merchant's test mode. Everything that becomes due is carried out at " +
    'once: ends of cancel windows, expiry of payments, retries. Other processes of the server follow ' +
    'within 5 seconds.',
  scope: 'payments:create',
  body: TestClockAdvance,
  responses: { 200: TestClock },
  errors: ['not_found'],
})

export const createTestFailure = defineOperation({
  id: 'createTestFailure',
  method: 'POST',
  path: '/v1/test/failures',
  tag,
  summary: 'Make the next authorization fail',
  description:
    "The next authorization of the merchant's test mode fails with this code, whatever payment method " +
    'it has. Several failures wait in order, and each fails one authorization. Test mode only, with the ' +
    'sandbox as processor. A live key gets 404.',
  scope: 'payments:create',
  body: TestFailureCreate,
  responses: { 201: TestFailure },
  errors: ['not_found'],
})
