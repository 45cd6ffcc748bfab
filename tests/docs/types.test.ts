import { describe, expect, test } from 'vitest'
import { isLongRun } from '../support/size.ts'
import { findTypeErrors, type Snippet } from './check-types.ts'
import { allDocuments, type Block, parseBlocks, readDocument } from './markdown.ts'

const languages = ['js', 'mjs', 'javascript', 'ts', 'mts', 'typescript']

const snippets: Snippet[] = allDocuments.flatMap((path) =>
  parseBlocks(readDocument(path))
    .filter(({ language }) => languages.includes(language))
    // These import generated files. The named test compiles them as strict.
    .filter(({ info }) => !/^no-run: tests\/clients\/\S+\.test\.ts runs it \(/.test(info))
    // The types of these packages are those of the server's sources, which take ten seconds.
    .filter(({ code }) => isLongRun || !/@hedgepayments\/(testing|server)/.test(code))
    .map((block) => ({ path, block })),
)

describe('the types of snippets', () => {
  test('every snippet of TypeScript and JavaScript is strictly typed', async () => {
    expect(snippets.length).toBeGreaterThan(20)
    expect(await findTypeErrors(snippets)).toEqual([])
  })

  test('an error is found, and named by its line in the document', async () => {
    const block: Block = {
      language: 'ts',
      info: '',
      line: 7,
      code: "console.log('fine')\nawait hedge.payments.cancel(4711)\n",
    }
    const errors = await findTypeErrors([{ path: 'docs/planted.md', block }])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^docs\/planted\.md:9: error TS2345: .*'number'/)
  })

  test.runIf(isLongRun)(
    'a file of a guide is checked with those that it imports, and an error is named by its line',
    async () => {
      const block = (name: string, line: number, code: string): Snippet => ({
        path: 'docs/planted.md',
        block: { language: 'ts', info: `no-run: a test runs it (${name})`, line, code },
      })
      const errors = await findTypeErrors([
        block('shop.ts', 7, 'export const price: number = 1\n'),
        block('shop.test.ts', 20, "import { price } from './shop.ts'\nprice.trim()\n"),
        block(
          'cart.cjs',
          30,
          "const { startSandbox } = require('@hedgepayments/testing')\nstartSandbox(1)\n",
        ),
      ])
      expect(errors.sort().map((error) => error.slice(0, 34))).toEqual([
        'docs/planted.md:22: error TS2339: ',
        'docs/planted.md:32: error TS2554: ',
      ])
    },
  )

  test.runIf(isLongRun)(
    'what strict forbids is found: a caught error is of any kind, a value may be missing',
    async () => {
      const code = [
        'try {',
        "  await hedge.payments.cancel('pay_abc123xyz')",
        '} catch (error) {',
        '  console.log(error.code)',
        '}',
        'const secret: string = process.env.SECRET',
      ].join('\n')
      const block: Block = { language: 'js', info: '', line: 1, code }
      const errors = await findTypeErrors([{ path: 'docs/planted.md', block }])
      expect(errors.map((error) => error.slice(0, 34))).toEqual([
        expect.stringContaining('docs/planted.md:5: error TS18046'),
        expect.stringContaining('docs/planted.md:7: error TS2322'),
      ])
    },
  )
})
