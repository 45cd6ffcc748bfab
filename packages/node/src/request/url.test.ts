import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonOf, pathOf, queryOf } from './url.ts'

const text = fc.string({ unit: 'binary' })

describe('a path', () => {
  test('encodes any id in one segment, without loss', () => {
    const id = text.filter((value) => !['', '.', '..'].includes(value))
    fc.assert(
      fc.property(id, (value) => {
        const { pathname } = new URL(pathOf(['payments', value, 'cancel']), 'http://host')
        const parts = pathname.split('/')
        expect(parts).toHaveLength(5)
        expect(decodeURIComponent(parts[3] ?? '')).toBe(value)
      }),
    )
  })
})

describe('a query', () => {
  test('encodes every name and value without loss', () => {
    const dictionary = fc.dictionary(text, text, { minKeys: 1 })
    fc.assert(
      fc.property(dictionary, fc.array(text, { minLength: 1 }), (metadata, status) => {
        const query = new URLSearchParams(queryOf({ metadata, status }))
        const expected = Object.entries(metadata).map(([key, value]) => [`metadata[${key}]`, value])
        expect([...query]).toEqual([...expected, ...status.map((value) => ['status', value])])
      }),
    )
  })

  test('leaves out undefined and null, and may be empty', () => {
    expect(queryOf({ a: undefined, b: null, c: {}, d: { e: undefined } })).toBe('')
    expect(queryOf({ limit: 100, live: false })).toBe('?limit=100&live=false')
  })

  test('keeps brackets readable and times exact', () => {
    const created_at = { gte: new Date('2024-06-15T10:30:00Z'), lt: new Date(1) }
    expect(queryOf({ created_at })).toBe(
      '?created_at[gte]=2024-06-15T10%3A30%3A00Z&created_at[lt]=1970-01-01T00%3A00%3A00.001Z',
    )
  })
})

describe('a body', () => {
  test('writes times in whole seconds, like the API', () => {
    const body = { expires_at: new Date('2024-06-15T10:30:00.000Z') }
    expect(jsonOf(body)).toBe('{"expires_at":"2024-06-15T10:30:00Z"}')
  })
})
