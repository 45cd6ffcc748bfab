import { ApiError, ConnectionError, InvalidArgumentError } from '@hedgepayments/node'
import { describe, expect, test } from 'vitest'
import { exitCodeOf, exitCodesHelp } from './exit-codes.ts'

const ofStatus = (status: number) => exitCodeOf(new ApiError('refused', { code: 'any', status }))

/** The statuses that the help names, with their codes. */
const documented = [...exitCodesHelp.matchAll(/^ {2}(\d+) .*\(HTTP ([\d, ]+)/gm)].flatMap(
  ([, code, statuses = '']) =>
    statuses
      .split(',')
      .filter((status) => status.trim() !== '')
      .map((status) => ({ status: Number(status), code: Number(code) })),
)

describe('the exit code of an HTTP status', () => {
  test.each([
    ...[408, 425, 429, 502, 503, 504, 507].map((status) => ({ status, code: 6 })),
    ...[520, 521, 522, 523, 524].map((status) => ({ status, code: 6 })),
    ...[409, 412].map((status) => ({ status, code: 3 })),
    ...[401, 403].map((status) => ({ status, code: 5 })),
    { status: 404, code: 4 },
    ...[400, 405, 410, 413, 415, 422, 428, 431, 499].map((status) => ({ status, code: 2 })),
    ...[200, 301, 500, 501, 505, 506, 508, 511, 519, 525, 526].map((status) => ({
      status,
      code: 1,
    })),
  ])('$status is $code', ({ status, code }) => {
    expect(ofStatus(status)).toBe(code)
  })

  test('every status from 100 to 599 has the code that the help names', () => {
    expect(documented.length).toBeGreaterThan(15)
    for (let status = 100; status <= 599; status += 1) {
      const other = status >= 400 && status <= 499 ? 2 : 1
      const expected = documented.find((each) => each.status === status)?.code ?? other
      expect({ status, code: ofStatus(status) }).toEqual({ status, code: expected })
    }
  })

  test('errors without a status have a code by their kind', () => {
    const of = (error: unknown) => exitCodeOf(error)
    expect(of(new ConnectionError('no answer', { code: 'connection_failed' }))).toBe(6)
    expect(of(new InvalidArgumentError('no id', { code: 'invalid_argument' }))).toBe(2)
    expect(of(new TypeError('a bug'))).toBe(1)
  })
})
