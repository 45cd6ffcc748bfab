import { describe, expect, test } from 'vitest'
import { parseLayers, violations } from '../../scripts/layer-rules.ts'

const layers = ['main.ts', 'web', 'payments/cancel', 'payments', 'domain']

function check(files: Record<string, string>): string[] {
  const complete = {
    'main.ts': '',
    'web/app.ts': '',
    'payments/cancel/cancel.ts': '',
    'payments/read.ts': '',
    'domain/money.ts': '',
    ...files,
  }
  return violations(layers, new Map(Object.entries(complete)))
}

describe('the list of layers', () => {
  test('is read from the code block below its heading, without descriptions', () => {
    const document = '# A\n\n## Layers\n\nText.\n\n```text\nmain.ts\nweb/   HTTP\ndomain/\n```\n'
    expect(parseLayers(document)).toEqual(['main.ts', 'web', 'domain'])
  })

  test('must exist and name each folder once', () => {
    expect(() => parseLayers('# A\n')).toThrow('no code block')
    expect(() => parseLayers('## Layers\n```\na/\na/\n```\n')).toThrow('contains a twice')
  })
})

describe('the layer check', () => {
  test('accepts imports within a folder and downward', () => {
    expect(
      check({
        'main.ts': "import { app } from './web/app.ts'",
        'web/app.ts': "import { a } from './b.ts'\nimport { money } from '../domain/money.ts'",
        'web/b.ts': '',
        'payments/cancel/cancel.ts': "import { read } from '../read.ts'",
      }),
    ).toEqual([])
  })

  test.each([
    ['a value', "import { cancel } from './cancel/cancel.ts'"],
    ['several lines', "import {\n  cancel,\n  other,\n} from './cancel/cancel.ts'"],
    ['a type', "import type { Cancel } from './cancel/cancel.ts'"],
    ['an export', "export { cancel } from './cancel/cancel.ts'"],
    ['a side effect', "import './cancel/cancel.ts'"],
    ['a dynamic import', "const { cancel } = await import('./cancel/cancel.ts')"],
  ])('refuses an import upward: %s', (_, text) => {
    expect(check({ 'payments/read.ts': text })).toEqual([
      'payments/read.ts: imports payments/cancel/cancel.ts, which is above it',
    ])
  })

  test.each([
    "import { start } from '@hedgepayments/server'",
    "const { openDatabase } = await import('@hedgepayments/server/admin')",
  ])('refuses an import of the package by its own name: %s', (text) => {
    expect(check({ 'domain/money.ts': text })).toEqual([
      'domain/money.ts: imports its own package by name, and so the entry above it',
    ])
  })

  test('refuses a cycle between two folders', () => {
    expect(
      check({
        'web/app.ts': "import { money } from '../domain/money.ts'",
        'domain/money.ts': "import { app } from '../web/app.ts'",
      }),
    ).toEqual(['domain/money.ts: imports web/app.ts, which is above it'])
  })

  test('refuses a folder that is not in the list, and one that is only in the list', () => {
    expect(check({ 'payments/refund/refund.ts': '' })).toEqual([
      'payments/refund/refund.ts: the folder payments/refund is not in the list of layers',
    ])
    expect(violations(['gone'], new Map())).toEqual([
      'gone: in the list of layers, but the folder does not exist',
    ])
  })

  test('refuses a folder of more than twelve sources, without counting unit tests', () => {
    const names = Array.from({ length: 11 }, (_, i) => `domain/file-${i}.ts`)
    const twelve = Object.fromEntries(names.map((name) => [name, '']))
    expect(check({ ...twelve, 'domain/money.test.ts': '' })).toEqual([])
    expect(check({ ...twelve, 'domain/more.ts': '' })).toEqual([
      'domain: 13 sources, at most 12 are allowed',
    ])
  })
})
