import fc from 'fast-check'
import { expect, test } from 'vitest'
import { etagOf } from '../view/render.ts'
import { parseIfMatch } from './if-match.ts'

const version = fc.integer({ min: 1, max: 999_999_999 })

test('every list of version tags is parsed, with any separator', () => {
  const between = fc.constantFrom(',', ', ', ' ,\t', ', W/"1",', ', "other", ')
  fc.assert(
    fc.property(fc.array(version, { minLength: 1 }), between, (versions, separator) => {
      const header = versions.map((sequence) => etagOf({ sequence })).join(separator)
      expect(parseIfMatch(header)).toEqual(versions)
    }),
  )
})

test('a missing header and * match any version, and a header without a version tag matches none', () => {
  expect(parseIfMatch(null)).toBeNull()
  expect(parseIfMatch(' * ')).toBeNull()
  fc.assert(
    fc.property(fc.string(), (header) => {
      fc.pre(header.trim() !== '*' && !/"[1-9]\d*"/.test(header))
      expect(parseIfMatch(header)).toEqual([])
    }),
  )
})
