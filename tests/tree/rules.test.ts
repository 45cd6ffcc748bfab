import { describe, expect, test } from 'vitest'
import { rules } from './rules.ts'

// Each rule must reject its planted defect.
const planted: readonly { rule: string; path: string; bad: string; good: string }[] = [
  {
    rule: 'a source has at most 300 lines',
    path: 'packages/server/src/payments/cancel/cancel.ts',
    bad: 'line\n'.repeat(301),
    good: 'line\n'.repeat(300),
  },
  {
    rule: 'no TODO comments',
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
    rule: 'no `any` and no `@ts-ignore`',
    path: 'packages/node/src/client.ts',
    bad: 'const payment = body as any',
    good: 'const payment = body as Payment // as any client may do',
  },
  {
    rule: 'no long fixed pauses in tests',
    path: 'tests/api/cancel/cancel.test.ts',
    bad: 'await new Promise((resolve) => setTimeout(resolve, 1_000))',
    good: 'await new Promise((resolve) => setTimeout(resolve, 20))',
  },
  {
    rule: 'no paths of one machine',
    path: 'README.md',
    bad: 'See /home/someone/plan.md',
    good: 'See https://example.com/home/plan and ./home/plan',
  },
  {
    rule: 'no file names such as utils or helpers',
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
    rule: 'the lockfile names no registry',
    path: 'package-lock.json',
    bad: '      "resolved": "https://registry.example/a.tgz",',
    good: '      "resolved": "packages/node",',
  },
  {
    rule: 'only its parser creates a payment token',
    path: 'packages/server/src/payments/create/create.ts',
    bad: 'const token = body.payment_method_token as PaymentToken',
    good: 'const token: PaymentToken | null = readGivenToken(body.payment_method_token)',
  },
  {
    rule: 'only http/request/headers.ts reads the headers of a request',
    path: 'packages/server/src/wiring/app.ts',
    bad: "const key = request.headers['idempotency-key']",
    good: "const key = readHeader(request, 'idempotency-key')",
  },
  {
    rule: 'only http/request/headers.ts reads the headers of a request',
    path: 'packages/server/src/http/edge.ts',
    bad: 'function refuseHostless({ raw, headers }: FastifyRequest): Refusal | null {',
    good: 'function signedHeaders({ headers }: OutgoingMessage): Headers {',
  },
  {
    rule: 'only http/request/headers.ts reads the headers of a request',
    path: 'packages/server/src/wiring/app.ts',
    bad: 'const { authorization, cookie, ...headers } = request',
    good: 'const { body, headers } = answer',
  },
]

describe('each rule of the tree', () => {
  test('has a planted defect here', () => {
    expect([...new Set(planted.map(({ rule }) => rule))]).toEqual(rules.map(({ name }) => name))
  })

  test.each(planted)('rejects its planted defect: $rule', ({ rule: name, path, bad, good }) => {
    const rule = rules.find((candidate) => candidate.name === name)
    expect(rule?.covers(path)).toBe(true)
    expect(rule?.offences(bad)).not.toEqual([])
    if (good) expect(rule?.offences(good)).toEqual([])
  })
})
