import {
  eventTypes,
  isAllowed,
  lifecycle,
  paymentStatuses,
  statusesAfter,
} from '@hedgepayments/contract'
import { expect, test } from 'vitest'
import { testTokens } from '../../packages/server/src/processors/sandbox/tokens.ts'
import { variableList } from '../../packages/server/src/wiring/environment/variables.ts'
import { parseTableRows, readDocument } from './markdown.ts'

/** The rows whose first cell matches a pattern, as the texts in the backticks of each cell. */
function rowsOf(path: string, first: RegExp): string[][] {
  return parseTableRows(readDocument(path)).filter(([cell]) => first.test(cell ?? ''))
}

test('the configuration guide lists exactly the variables that the server reads', () => {
  const listed = rowsOf('docs/configuration.md', /^`[A-Z_]+`$/).map(([name]) => name?.slice(1, -1))
  expect(listed).toEqual(variableList.map(([name]) => name))
})

test('the defaults in the configuration guide are those of the server', () => {
  const rows = new Map(
    rowsOf('docs/configuration.md', /^`[A-Z_]+`$/).map((row) => [row[0], row[2]]),
  )
  for (const [name, { default: value }] of variableList) {
    if (typeof value !== 'string' && typeof value !== 'number') continue
    expect([name, rows.get(`\`${name}\``)]).toEqual([name, `\`${value}\``])
  }
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

test('the quick start lists every status with its meaning and its next statuses', () => {
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

/** A card number in groups of four, as on the card. Account numbers stay unchanged. */
function inGroups(number: string): string {
  if (number.includes(':')) return number
  return number.length === 15
    ? number.replace(/(\d{4})(\d{6})(\d{5})/, '$1 $2 $3')
    : number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')
}
