import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { repeatedField } from './repeated-field.ts'

describe('a field name that occurs twice in an object', () => {
  test.each([
    ['{"amount":1,"amount":2}', 'amount'],
    ['{"amount":1,"am\\u006funt":2}', 'amount'],
    ['{"a":{"b":1,"c":2,"b":3},"d":4}', 'b'],
    ['{"a":{"b":1},"c":[{"d":1},{"d":2}],"a":2}', 'a'],
    ['[{"a" : 1},{"b":1,\n"b"\t:2}]', 'b'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
  ])('is found in %s', (json, name) => {
    expect(repeatedField(json)).toBe(name)
  })

  test.each([
    '{}',
    '{"a":1}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"\\"a\\":1,","b":"{\\"a\\":1"}',
    '{"a":["a","a"],"b":"a"}',
    '{"a":"}","b":{"c":"{"},"c":1}',
  ])('is not found in %s', (json) => {
    expect(repeatedField(json)).toBeNull()
  })

  test('is never found in the output of JSON.stringify until one is added', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (value, name) => {
        expect(repeatedField(JSON.stringify(JSON.parse(value)))).toBeNull()
        const key = JSON.stringify(name)
        expect(repeatedField(`{${key}:${value},${key}:0}`)).not.toBeNull()
      }),
    )
  })

  test('is searched in a body of a megabyte without a stack overflow', () => {
    const text = 'x\\"'.repeat(300_000)
    expect(repeatedField(`{"a":"${text}","b":1,"b":2}`)).toBe('b')
  })
})
