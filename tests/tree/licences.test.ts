import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAllowed, type Lockfile, licenceOffences } from './licences.ts'

const lockfile = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'),
) as Lockfile

describe('licences', () => {
  test('of all shipped packages are on the list', () => {
    expect(licenceOffences(lockfile)).toEqual([])
  })

  test('that are missing or not on the list are reported, except those of tools and links', () => {
    const offences = licenceOffences({
      packages: {
        'node_modules/good': { license: 'MIT' },
        'node_modules/viral': { license: 'AGPL-3.0-only' },
        'node_modules/silent': {},
        'node_modules/tool': { license: 'GPL-3.0-only', dev: true },
        'node_modules/own': { link: true },
      },
    })
    expect(offences).toEqual([
      'node_modules/viral: AGPL-3.0-only',
      'node_modules/silent: no licence',
    ])
  })

  test.each([
    ['MIT', true],
    ['GPL-3.0-only OR MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['(MIT OR Apache-2.0) AND ISC', true],
    ['(MIT OR Apache-2.0) AND GPL-3.0-only', false],
    ['MIT AND GPL-3.0-only', false],
    ['GPL-3.0-only AND MIT OR ISC', true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['UNLICENSED', false],
    ['', false],
  ])('%s allows a licence of the list: %s', (expression, expected) => {
    expect(isAllowed(expression)).toBe(expected)
  })
})
