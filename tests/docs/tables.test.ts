import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  eventTypes,
  isAllowed,
  lifecycle,
  paymentStatuses,
  statusesAfter,
} from '@hedgepayments/contract'
import { expect, test } from 'vitest'
import { testTokens } from '../../packages/server/src/processors/sandbox/tokens.ts'
import { parseConfig } from '../../packages/server/src/wiring/config.ts'
import { parseTableRows, readDocument } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** The rows whose first cell is of a shape, as the text in the backticks of each cell. */
function rowsOf(path: string, first: RegExp): string[][] {
  return parseTableRows(readDocument(path)).filter(([cell]) => first.test(cell ?? ''))
}

test('the configuration guide lists every variable that the server reads, and no other', () => {
  const source = readFileSync(join(root, 'packages/server/src/wiring/config.ts'), 'utf8')
  const read = [...source.matchAll(/\bread\w*\(\s*env,\s*'([A-Z_]+)'/g)].map(([, name]) => name)
  // PORT and LOG_LEVEL have functions of their own, which name them once more.
  const listed = rowsOf('docs/configuration.md', /^`[A-Z_]+`$/).map(([name]) => name?.slice(1, -1))
  expect(listed.length).toBeGreaterThan(10)
  expect(listed.toSorted()).toEqual([...new Set(read)].sort())
})

test('the defaults in the configuration guide are those of the server', () => {
  const { port, host, dataDir, fees, logLevel } = parseConfig({})
  const rows = new Map(
    rowsOf('docs/configuration.md', /^`[A-Z_]+`$/).map((row) => [row[0], row[2]]),
  )
  expect(rows.get('`PORT`')).toBe(`\`${port}\``)
  expect(rows.get('`HOST`')).toBe(`\`${host}\``)
  expect(rows.get('`HEDGE_DATA_DIR`')).toBe(`\`${dataDir}\``)
  expect(rows.get('`HEDGE_FEE_BASIS_POINTS`')).toBe(`\`${fees.basisPoints}\``)
  expect(rows.get('`HEDGE_FEE_FIXED`')).toBe(`\`${fees.fixedMinor}\``)
  expect(rows.get('`LOG_LEVEL`')).toBe(`\`${logLevel}\``)
})

test('the sandbox guide lists every test token with its number and effect', () => {
  const listed = parseTableRows(readDocument('docs/sandbox.md')).filter(([, token]) =>
    token?.startsWith('`tok_'),
  )
  const expected = testTokens.map(({ number, token, effect }) => [
    number === null ? '—' : `\`${inGroups(number)}\``,
    `\`${token}\``,
    effect,
  ])
  expect(listed).toEqual(expected)
})

test('the guide to webhooks lists every type of event', () => {
  const listed = rowsOf('docs/webhooks.md', /^`\w+\.\w+`$/).map(([type]) => type?.slice(1, -1))
  expect(listed).toEqual(eventTypes)
})

test('the quick start lists every status with its meaning and what can follow', () => {
  const listed = rowsOf('docs/quick-start.md', /^`\w+`$/).filter((row) => row.length === 5)
  const answer = (isYes: boolean) => (isYes ? 'yes' : 'no')
  const expected = paymentStatuses.map((status) => [
    `\`${status}\``,
    lifecycle[status].meaning,
    answer(isAllowed('cancel', status)),
    answer(isAllowed('refund', status)),
    statusesAfter(status)
      .map((next) => `\`${next}\``)
      .join(', ') || 'nothing',
  ])
  expect(listed).toEqual(expected)
})

/** A card's number as it stands on the card; an account as it is given. */
function inGroups(number: string): string {
  if (number.includes(':')) return number
  return number.length === 15
    ? number.replace(/(\d{4})(\d{6})(\d{5})/, '$1 $2 $3')
    : number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')
}
