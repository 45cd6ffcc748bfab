import { idPrefixes, patterns } from '@hedgepayments/contract'
import { RE2JS } from 're2js'
import { describe, expect, test } from 'vitest'
import { everySchema } from './document.ts'
import { explainSkip, hasModule, python, runPython } from './python.ts'

const published = [
  ...new Set([...everySchema()].flatMap(([, { pattern }]) => (pattern ? [pattern] : []))),
]

/** Texts of every kind that a pattern accepts or refuses. */
const texts = [
  '',
  'Coffee 😀',
  '\u{1f469}\u200d\u{1f467} and é, ß, 漢字',
  'two\nlines',
  'NUL \0 inside',
  'PRINTABLE ~ ASCII',
  'a&b@example.com',
  "o'neill.x+y@mail.example.co",
  'a@localhost',
  'a..b@example.com',
  'a@-example.com',
  'ü@example.com',
  'https://shop.example.com/thanks?id=1#top',
  'HTTP://EXAMPLE.COM',
  'ftp://example.com',
  'https://a b.example.com',
  'https://',
  ...Object.values(idPrefixes).map((prefix) => `${prefix}abc123xyz`),
  'pay_',
  'pay_ABC',
  'pay_abc123xyz ',
  '4242',
  '42424',
  'x'.repeat(2_000),
]

const expected = published.map((pattern) =>
  texts.map((text) => new RegExp(pattern, 'u').test(text)),
)

describe('the patterns of the OpenAPI document', () => {
  test('are found, and each accepts some of the texts and refuses others', () => {
    expect(published).toEqual(expect.arrayContaining(Object.values(patterns)))
    for (const verdicts of expected) expect(new Set(verdicts)).toEqual(new Set([true, false]))
  })

  test.each(published)('%s uses portable syntax only', (pattern) => {
    // Lookaround, back references, \u, \d and \p differ, or are missing, in one of the languages.
    expect(pattern).not.toMatch(/\(\?[^:]|\\[^.x]|[^\x20-\x7e]/)
    expect(pattern).toMatch(/^\^.*\$$/)
  })

  test.each([
    ['JavaScript without flags, as zod uses them', (pattern: string) => new RegExp(pattern)],
    ['JavaScript with the flag v', (pattern: string) => new RegExp(pattern, 'v')],
    ['RE2, as Go uses them', (pattern: string) => RE2JS.compile(pattern)],
  ])('mean the same in %s', (_name, compile) => {
    const verdicts = published.map((pattern) => {
      const compiled = compile(pattern)
      return texts.map((text) =>
        compiled instanceof RegExp ? compiled.test(text) : compiled.matcher(text).find(),
      )
    })
    expect(verdicts).toEqual(expected)
  })

  test.for([
    ['re', 'import re\ntest = lambda pattern: re.compile(pattern).search'],
    [
      'pydantic',
      `
from typing import Annotated
from pydantic import Field, TypeAdapter, ValidationError
def test(pattern):
    adapter = TypeAdapter(Annotated[str, Field(pattern=pattern)])
    def check(text):
        try:
            adapter.validate_python(text)
            return True
        except ValidationError:
            return False
    return check`,
    ],
  ])('mean the same in Python: %s', async ([module = '', define], { skip }) => {
    const name = `patterns in Python: ${module}`
    if (python === null) return skip(explainSkip(name, 'Python 3 is not installed'))
    if (!(await hasModule(module))) return skip(explainSkip(name, `${module} is not installed`))
    const program = `import json, sys\n${define}
given = json.load(sys.stdin)
checks = [test(pattern) for pattern in given['patterns']]
print(json.dumps([[bool(check(text)) for text in given['texts']] for check in checks]))`
    const input = JSON.stringify({ patterns: published, texts })
    expect(JSON.parse(await runPython(['-c', program], { input }))).toEqual(expected)
  })
})
