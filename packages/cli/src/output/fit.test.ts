import { expect, test } from 'vitest'
import { cut, fitColumns } from './fit.ts'
import { renderTable } from './table.ts'

const items = [{ id: 'pay_abc123xyz', email: 'customer@example.com', at: '2024-06-15 10:32:00' }]
type Item = (typeof items)[number]
const columns = [
  { title: 'ID', value: ({ id }: Item) => id },
  { title: 'CUSTOMER', value: ({ email }: Item) => email, widthMin: 10 },
  {
    title: 'CREATED',
    value: ({ at }: Item) => at,
    short: { title: 'DAY', value: ({ at }: Item) => at.slice(0, 10) },
    leaveOut: 1,
  },
]
const lineAt = (width: number) => renderTable(items, columns, width).split('\n').at(-1)

test('a table that fits is not changed', () => {
  expect(fitColumns(items, columns, 56)).toBe(columns)
  expect(lineAt(56)).toBe('pay_abc123xyz  customer@example.com  2024-06-15 10:32:00')
})

test('a narrow terminal gets short forms, then cut cells, then fewer columns', () => {
  expect(lineAt(55)).toBe('pay_abc123xyz  customer@example.com  2024-06-15')
  expect(lineAt(40)).toBe('pay_abc123xyz  customer@exa…  2024-06-15')
  expect(lineAt(36)).toBe('pay_abc123xyz  customer@example.com')
  expect(lineAt(28)).toBe('pay_abc123xyz  customer@exa…')
})

test('a column that may not shrink is never cut', () => {
  expect(lineAt(5)).toBe('pay_abc123xyz  customer@…')
})

test('a cut counts terminal columns and never splits a character', () => {
  expect(cut('日本語日本語', 7)).toBe('日本語…')
  expect(cut('日本語日本語', 8)).toBe('日本語…')
  expect(cut('👩‍👩‍👧 family', 4)).toBe('👩‍👩‍👧 …')
  expect(cut('short', 5)).toBe('short')
})
