import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findWords, normalize, readTexts } from '../../scripts/glossary-rules.ts'

const found = (text: string) => findWords('a.ts', text).map(({ rule }) => rule.name)

test.each([
  ['held', '// a held row'],
  ['held', 'const heldTasks = 1'],
  ['held', "lock: 'is_held'"],
  ['given up', '/** An attempt that was given up. */'],
  ['given up', 'function giveUpAttempts() {}'],
  ['lane', 'class StopLane {}'],
  ['note', 'await note(tx)'],
  ['doer', 'doerOf(request)'],
  ['moment', 'By the moment at which'],
  ['known (name)', 'if (!result.known) return'],
  ['stops', "labels: { lane: 'stops' }"],
  ['settle', 'settleAuthorization(tx)'],
  ['look', '// It is looked for every second.'],
  ['whoever', 'Whoever asks'],
])('reports %s in: %s', (name, text) => {
  expect(found(text)).toContain(name)
})

test.each([
  'Math.floor(seconds)',
  'sql`floor(extract(epoch from now()))`',
  'The server stops after a signal.',
  'It looks up the payment, and an unknown result is looked up again.',
  'The outcome is not known.',
  'const lookUp = 1',
  'const notes = undefined'.replace('notes', 'nothing'),
  'withhold, upheld',
])('accepts: %s', (text) => {
  expect(found(text)).toEqual([])
})

test('checks file names', () => {
  expect(findWords('payments/held-tasks.sql.ts', '')).toMatchObject([{ line: 0 }])
})

test('splits identifiers into words', () => {
  expect(normalize('heldRow is_at_it someURL')).toBe('held row is at it some url')
})
