import { expect, test } from 'vitest'
import { isConflict, isDatabaseUnavailable, isStatementRefused } from './errors.ts'

/** An error of PostgreSQL as the driver throws it. */
const errorOf = (code: string, message: string) =>
  Object.assign(new Error(message), { severity: 'ERROR', code })

test.each([
  ['08006', 'connection to the remote node postgres@10.0.0.2:5432 failed with the following error'],
  ['XX000', 'failure on connection marked as essential: 10.0.0.2:5432'],
  [
    'XX000',
    'server closed the connection unexpectedly\n\tThis probably means the server terminated',
  ],
  ['57P01', 'terminating connection due to administrator command'],
  ['25P03', 'terminating connection due to idle-in-transaction timeout'],
  ['CIINF', 'Query could not find the intermediate result file "515_6"'],
])('a coordinator that has lost a worker is unavailable: %s %s', (code, message) => {
  expect(isDatabaseUnavailable(errorOf(code, message))).toBe(true)
  expect(isStatementRefused(errorOf(code, message))).toBe(false)
})

test.each([
  ['40001', 'shard for the given value does not exist'],
  ['CIINF', 'Query could not find the intermediate result file "515_6"'],
  ['XX000', 'could not find valid entry for shard 102041'],
])('a statement that meets a change of the shards runs again: %s %s', (code, message) => {
  expect(isConflict(errorOf(code, message))).toBe(true)
  expect(isDatabaseUnavailable(errorOf(code, message))).toBe(true)
})

test.each([
  ['XX000', 'cache lookup failed for relation 16401'],
  ['23505', 'duplicate key value violates unique constraint "payments_pkey"'],
])('a statement that fails by itself is an error of the program: %s %s', (code, message) => {
  expect(isDatabaseUnavailable(errorOf(code, message))).toBe(false)
  expect(isStatementRefused(errorOf(code, message))).toBe(true)
  expect(isConflict(errorOf(code, message))).toBe(false)
})
