import { expect, test } from 'vitest'
import { printable, toJson } from './json.ts'

const foreign = 'a\nb\u001b[31m\u007f\u0085\u009b\u2028\u202e\u{e0001}"é😀'

test.each([0, 2] as const)(
  'JSON with indent %d escapes all control characters and keeps the value',
  (indent) => {
    const value = { [foreign]: [foreign, { list: [1, null, true] }] }
    const text = toJson(value, indent)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(text.split('\n')).toHaveLength(indent === 0 ? 1 : 12)
    expect(JSON.parse(text)).toEqual(value)
  },
)

test('texts for people show control characters as escapes, and keep letters and emoji', () => {
  expect(printable({ text: foreign, list: ['\t', 5, null] })).toEqual({
    text: String.raw`a\nb\u001b[31m\u007f\u0085\u009b\u2028\u202e\udb40\udc01"é😀`,
    list: [String.raw`\t`, 5, null],
  })
  expect(printable('👩‍👩‍👧')).toBe('👩‍👩‍👧')
})
