import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { readEnvironment } from './read.ts'
import { variableList, variables } from './variables.ts'

const strong = '9f8e7d6c5b4a39281706f5e4d3c2b1a0ffeeddcc'

describe('the environment', () => {
  test('has a default for every required variable', () => {
    expect(readEnvironment({})).toEqual({
      PORT: 4000,
      HOST: '127.0.0.1',
      HEDGE_ASYNCHRONOUS_COMMITS: 'deny',
      HEDGE_DATA_DIR: '.hedge',
      HEDGE_TRUSTED_PROXIES: [],
      HEDGE_FEE_BASIS_POINTS: 290,
      HEDGE_FEE_FIXED: 30,
      HEDGE_PROCESSOR_CALLS_MAX: 256,
      OTEL_TRACES_SAMPLER_ARG: 1,
      LOG_LEVEL: 'info',
    })
  })

  test('is parsed to the types of its variables', () => {
    const values = readEnvironment({
      PORT: ' 0 ',
      OTEL_TRACES_EXPORTER: '',
      HEDGE_TRUSTED_PROXIES: '10.0.0.5, 10.1.0.0/16,',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      HEDGE_API_SECRET: `sk_test_${strong}`,
      UNRELATED: 'x',
    })
    expect(values).toMatchObject({
      PORT: 0,
      HEDGE_TRUSTED_PROXIES: ['10.0.0.5', '10.1.0.0/16'],
      OTEL_TRACES_SAMPLER_ARG: 0.25,
      HEDGE_API_SECRET: `sk_test_${strong}`,
    })
    expect(values).not.toHaveProperty('UNRELATED')
    expect(values).not.toHaveProperty('OTEL_TRACES_EXPORTER')
  })

  test.each(variableList.flatMap(([name, { emptyIsUnset }]) => (emptyIsUnset ? [] : [name])))(
    'with an empty value is refused, with the default: %s',
    (name) => {
      for (const value of ['', '  ']) {
        const expected = new RegExp(
          `^${name}: expected a value, got an empty one\\. Unset it .+\\.$`,
        )
        expect(() => readEnvironment({ [name]: value })).toThrow(expected)
      }
    },
  )

  test.each([
    [{ PORT: '65536' }, 'PORT: expected a whole number from 0 to 65535, got "65536".'],
    [{ PORT: '0x10' }, 'PORT: expected a whole number from 0 to 65535, got "0x10".'],
    [
      { HEDGE_FEE_FIXED: '-1' },
      /^HEDGE_FEE_FIXED: expected a whole number from 0 to \d+, got "-1"\.$/,
    ],
    [{ HEDGE_TRUSTED_PROXIES: '10.0.0.5,all' }, /^HEDGE_TRUSTED_PROXIES: .*, got "all"\.$/],
    [
      { HEDGE_WEBHOOK_PRIVATE_NETWORKS: 'yes' },
      'HEDGE_WEBHOOK_PRIVATE_NETWORKS: expected allow or deny, got "yes".',
    ],
    [
      { OTEL_TRACES_EXPORTER: 'zipkin' },
      'OTEL_TRACES_EXPORTER: expected otlp or none, got "zipkin".',
    ],
    [
      { OTEL_TRACES_SAMPLER_ARG: '2' },
      'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1, got "2".',
    ],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL: expected fatal, .* or silent, got "loud"\.$/],
  ])(
    'with an invalid value is refused with the variable, the expected and the received value: %j',
    (env, message) => {
      expect(() => readEnvironment(env)).toThrow(message)
    },
  )

  test.each([
    { DATABASE_URL: 'topsecret' },
    { DATABASE_URL: 'postgres://hedge:topsecret@127.0.0.1:x/hedge' },
    { HEDGE_API_KEY: 'sk_test_topsecret' },
    { HEDGE_API_SECRET: 'sk_live_topsecret' },
    { HEDGE_API_SECRET: 'sk_test_topsecret' },
    { HEDGE_API_SECRET: 'topsecret' },
    { HEDGE_PUBLIC_URL: 'https://a:topsecret@host:x' },
    { HEDGE_ENCRYPTION_KEY: 'topsecret' },
    { HEDGE_ENCRYPTION_KEY: 'topsecret'.repeat(8) },
    { HEDGE_ENCRYPTION_KEY_PREVIOUS: 'topsecret' },
    { HEDGE_STRIPE_SECRET_KEY: 'topsecret' },
    { HEDGE_STRIPE_PUBLISHABLE_KEY: 'sk_live_topsecret' },
    { HEDGE_STRIPE_WEBHOOK_SECRET: 'topsecret' },
    { HEDGE_STRIPE_API_BASE: 'topsecret' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'topsecret' },
  ])('with a wrong secret is refused with a message that does not show it: %j', (env) => {
    const [name = ''] = Object.keys(env)
    expect(() => readEnvironment(env)).toThrow(new RegExp(`^${name}: (?!.*topsecret)`, 's'))
  })

  test('has a description and a default, or a text about the default, for every variable', () => {
    for (const [name, { description, default: value, defaultText }] of variableList) {
      expect([name, description]).toEqual([name, expect.stringMatching(/^.{8,}$/)])
      expect([name, value ?? defaultText]).toEqual([name, expect.anything()])
    }
  })
})

test('the schema of the variables is valid JSON Schema', () => {
  const ajv = new Ajv2020({ strict: false })
  expect(ajv.validateSchema(variables), ajv.errorsText()).toBe(true)
})
