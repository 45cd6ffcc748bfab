import { describe, expect, test } from 'vitest'
import { rules } from './rules.ts'

// A rule that never objects is worse than none: each must catch what it is for.
const planted: readonly { rule: string; path: string; bad: string; good: string }[] = [
  {
    rule: 'a source file is one idea, so it is short',
    path: 'packages/server/src/payments/cancel/cancel.ts',
    bad: 'line\n'.repeat(301),
    good: 'line\n'.repeat(300),
  },
  {
    rule: 'nothing is left for later',
    path: 'scripts/check.ts',
    bad: '// TODO: later',
    good: '// To do this later costs nothing.',
  },
  {
    rule: 'every test runs',
    path: 'tests/api/cancel/cancel.test.ts',
    bad: "test.skip('a cancel wins', () => {})",
    good: "test.each([1])('a cancel wins %i', () => {})",
  },
  {
    rule: 'no type is argued away',
    path: 'packages/node/src/client.ts',
    bad: 'const payment = body as any',
    good: 'const payment = body as Payment // as any client may do',
  },
  {
    rule: 'a test waits for a condition, never for time',
    path: 'tests/api/cancel/cancel.test.ts',
    bad: 'await new Promise((resolve) => setTimeout(resolve, 1_000))',
    good: 'await new Promise((resolve) => setTimeout(resolve, 20))',
  },
  {
    rule: 'nothing names a folder of one machine',
    path: 'README.md',
    bad: 'See /home/someone/plan.md',
    good: 'See https://example.com/home/plan and ./home/plan',
  },
  {
    rule: 'a file is named for its idea',
    path: 'packages/server/src/utils.ts',
    bad: 'export const one = 1',
    good: '',
  },
  {
    rule: 'decimals of a currency come from the contract, never from Intl',
    path: 'apps/checkout/src/money.ts',
    bad: "new Intl.NumberFormat(locale, { style: 'currency', currency })",
    good: "new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })",
  },
  {
    rule: 'the lockfile names no registry, so any mirror serves',
    path: 'package-lock.json',
    bad: '      "resolved": "https://registry.example/a.tgz",',
    good: '      "resolved": "packages/node",',
  },
  {
    rule: 'a payment token is made by its parser only',
    path: 'packages/server/src/payments/create/create.ts',
    bad: 'const token = body.payment_method_token as PaymentToken',
    good: 'const token: PaymentToken | null = readGivenToken(body.payment_method_token)',
  },
  {
    rule: 'the headers of a request are read in one place',
    path: 'packages/server/src/wiring/app.ts',
    bad: "const key = request.headers['idempotency-key']",
    good: "const key = readHeader(request, 'idempotency-key')",
  },
  {
    rule: 'the headers of a request are read in one place',
    path: 'packages/server/src/http/edge.ts',
    bad: 'function refuseHostless({ raw, headers }: FastifyRequest): Refusal | null {',
    good: 'function signedHeaders({ headers }: OutgoingMessage): Headers {',
  },
  {
    rule: 'the headers of a request are read in one place',
    path: 'packages/server/src/wiring/app.ts',
    bad: 'const { authorization, cookie, ...headers } = request',
    good: 'const { body, headers } = answer',
  },
]

describe('each rule of the tree', () => {
  test('has a planted offence here', () => {
    expect([...new Set(planted.map(({ rule }) => rule))]).toEqual(rules.map(({ name }) => name))
  })

  test.each(planted)('catches its offence: $rule', ({ rule: name, path, bad, good }) => {
    const rule = rules.find((candidate) => candidate.name === name)
    expect(rule?.covers(path)).toBe(true)
    expect(rule?.offences(bad)).not.toEqual([])
    if (good) expect(rule?.offences(good)).toEqual([])
  })
})
