import {
  attentionMeanings,
  attentionReasons,
  eventTypes,
  isAllowed,
  lifecycle,
  paymentStatuses,
  resolutions,
  statusesAfter,
  waits,
} from '@hedgepayments/contract'
import { expect, test } from 'vitest'
import { testTokens } from '../../packages/server/src/processors/sandbox/tokens/tokens.ts'
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

test('the guide to payments that need attention has the table of the server', () => {
  const path = 'docs/payments-that-need-attention.md'
  const listed = rowsOf(path, /^`\w+`$/).filter((row) => row.length === 6)
  const code = (text: string) => `\`${text}\``
  expect(listed).toEqual(
    Object.entries(waits).map(([name, wait]) => [
      code(name),
      wait.end,
      duration(wait.failingSeconds),
      wait.undecidedSeconds === null ? '—' : limitsOf(wait.undecidedSeconds),
      code(wait.reason),
      wait.resolutions.map(code).join(' '),
    ]),
  )
  const meanings = new Map(rowsOf(path, /^`\w+`$/).map(([name, meaning]) => [name, meaning]))
  for (const reason of attentionReasons) {
    expect(meanings.get(code(reason))).toBe(attentionMeanings[reason])
  }
  for (const resolution of resolutions) expect(meanings.has(code(resolution))).toBe(true)
})

function limitsOf({ card, ach, crypto }: { card: number; ach: number; crypto: number }): string {
  if (card === ach && card === crypto) return duration(card)
  return `${duration(card)}; bank debits ${duration(ach)}; crypto ${duration(crypto)}`
}

/** Seconds in the largest unit that divides them. */
function duration(seconds: number): string {
  const [unit, name] = ([86_400, 3_600, 60] as const)
    .map((each, n) => [each, ['day', 'hour', 'minute'][n]] as const)
    .find(([each]) => seconds % each === 0) ?? [1, 'second']
  const count = seconds / unit
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** A card number in groups of four, as on the card. Account numbers stay unchanged. */
function inGroups(number: string): string {
  if (number.includes(':')) return number
  return number.length === 15
    ? number.replace(/(\d{4})(\d{6})(\d{5})/, '$1 $2 $3')
    : number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')
}
