import { globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { expect, test } from 'vitest'

// Before Citus 13.2 sends a statement that writes to a worker, it computes what is constant. It replaces the
// comparisons of `case x when 1 then …` too: `case x when null then …`. `case when x = 1 then …` arrives as it is.

const sources = join(import.meta.dirname, '../../packages/server/src')
/** Folders whose statements only read, and functions that each node has. */
const exempt = /^(verification|database\/migrations)\//
const simpleCase = /\bcase\s+(?!when\b)[^\s(]+\s+when\b/i

const files = globSync('**/*.sql.ts', { cwd: sources })
  .map((path) => path.split(sep).join(posix.sep))
  .filter((path) => !exempt.test(path))

test.each([
  [true, "case outcome when 'canceled' then 1 end"],
  [true, 'case $2::text\n  when $3 then 1 end'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a source text
  [true, 'case ${status} when 1 then 2 end'],
  [false, "case when outcome = 'canceled' then 1 end"],
])('a simple case is found: %s, %s', (expected, text) => {
  expect(simpleCase.test(text)).toBe(expected)
})

test('statements of the server compare in `case when`, which clusters run as it is', () => {
  expect(files.length).toBeGreaterThan(50)
  expect(
    files.filter((path) => simpleCase.test(readFileSync(join(sources, path), 'utf8'))),
  ).toEqual([])
})
