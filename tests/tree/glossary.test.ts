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
  ['room', 'class CALLROOM {}'],
  ['room', 'const CALL_ROOM = 1'],
  ['room', 'class DBRoom {}'],
  ['lane', 'const lane2 = 1'],
  ['given up', 'gives the authorization up'],
  ['given up', 'a void gave the whole authorization up'],
  ['hold (lock)', '// The session holds a row.'],
  ['hold (lock)', 'await holdPayments(sql)'],
  ['hold (lock)', '// somebody holds it'],
  ['hold (delay)', 'does not hold up another'],
  ['hold (delay)', 'holds its answers back'],
  ['hold (name)', 'async function hold(id) {}'],
  ['hold (name)', 'page.route(data, hold)'],
  ['look (noun)', 'between looks'],
  ['look (noun)', 'It takes two looks.'],
  ['look', 'both have looked'],
  ['look', 'It looks before it writes.'],
  ['look (name)', 'const look = async () => 1'],
  ['look (name)', 'await look(first)'],
  ['look (name)', 'apis.map(look)'],
  ['look (name)', 'let looks = 0'],
  ['look (name)', 'looks++'],
  ['stops', 'const stops = 3'],
  ['stops', 'readonly stops: number'],
  ['stops', '  stops: number'],
  ['stops', 'function stops(at) {}'],
  ['stops', 'this.#stops.size'],
  ['stops', 'const { stops } = metrics'],
  ['known (name)', 'const known = names.get(text)'],
  ['known (name)', 'let known: string'],
  ['known (name)', 'function known() {}'],
  ['known (name)', 'readonly #known = new Set()'],
  ['known (name)', 'this.#known.add(id)'],
  ['known (name)', 'if (known) return'],
  ['known (name)', 'return ids.filter((id) => known.has(id))'],
  ['known (name)', 'return known'],
  ['known (name)', 'if (!known || found) return'],
  ['known (name)', 'render(result, known)'],
  ['known (name)', 'const { first, known, last } = result'],
  ['known (name)', 'known ??= 1'],
  ['settle', 'const settledCapture = 1'],
  ['settle', '// It settles the authorization.'],
  ['settle', "settles the merchant's open sessions"],
  ['settle', 'The refund is not yet settled.'],
  ['settle', 'const attemptsSettleSeconds = 60'],
  ['settle', 'const lateSettler = 1'],
])('%s is found in: %s', (name, text) => {
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
  'It is given up to ten times.',
  'The page holds sixteen rows, and the invariant holds.',
  'const holdsCardNumber = 1',
  'It looks like a key. No pause between look-ups.',
  'const lookUps = await lookUp()',
  'function stopsAll() {}',
  'Ctrl-C stops. The function stops and removes them.',
  '[Known limits](docs/running.md#known-limits)',
  'const isKnown = true',
  'const unknown: unknown[] = []',
  'payment.settled_at: the payment is settled, and its amount too.',
  'const results: PromiseSettledResult<string>[] = await Promise.allSettled(all)',
  'A timer settles the promise.',
])('is accepted: %s', (text) => {
  expect(found(text)).toEqual([])
})

test.each([
  ['given up', 'It is given\nup.', 1],
  ['given up', '\n/**\n * An attempt that was given\n * up.\n */', 3],
  ['given up', '  // It gives the attempt\n  // up.', 1],
  ['at it', '# Another process is at\n# it.', 1],
  ['told again', 'It was told\r\n  again.', 1],
  ['look', '// It looks\n// for work.', 1],
  ['stops', 'the number of\n\nstops', 1],
])('%s is found over the end of a line: %j', (name, text, line) => {
  expect(findWords('a.ts', text)).toMatchObject([{ rule: { name }, line }])
})

test('a rule is found once in a line, and in every line', () => {
  const lines = findWords('a.ts', 'held, held\n\nheld').map(({ line }) => line)
  expect(lines).toEqual([1, 3])
})

test.each([
  'page.njk',
  'run.sh',
  'knip.jsonc',
  'picture.svg',
  'hedge.service',
  'Dockerfile',
  '.ci/run',
  'x.env',
])('every kind of text is read: %s', (path) => {
  const folder = mkdtempSync(join(tmpdir(), 'glossary-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, '.ci'))
  writeFileSync(join(folder, path), 'one\na held row\n')
  writeFileSync(join(folder, 'picture.png'), 'held\0')
  expect(readTexts(folder, [path, 'picture.png', 'deleted.ts'])).toEqual([
    { path, text: 'one\na held row\n' },
  ])
})

test("a file's name is checked too", () => {
  expect(findWords('payments/held-tasks.sql.ts', '')).toMatchObject([{ line: 0 }])
})

test('identifiers are split into words', () => {
  expect(normalize('heldRow is_at_it someURL DBRoom lane2')).toBe(
    'held row is at it some url db room lane 2',
  )
  expect(normalize('IDs of URLs\nv1')).toBe('ids of urls\nv 1')
})
