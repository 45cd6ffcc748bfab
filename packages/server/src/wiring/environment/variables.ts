import { amountMinorMax } from '@hedgepayments/contract'
import Type, { type Static } from 'typebox'
import { feeScheduleDefault } from '../../domain/fees.ts'
import {
  encryptionKeyLengthMin,
  explainApiSecret,
  explainDatabaseUrl,
  explainEncryptionKey,
  explainSecret,
  explainUrl,
} from './explanations.ts'

/** What a variable is, for its reader, the documents and the message about a wrong value. */
interface Variable {
  readonly description: string
  /** The default in words, where the server chooses it at its start. */
  readonly defaultText?: string
  /** Whether an empty value counts as unset, as OpenTelemetry prescribes for its variables. */
  readonly emptyIsUnset?: boolean
  /** The second half of `expected …, got …`. Needed where the schema has a format. */
  readonly expected?: string
  /** The whole message about a wrong value. Needed where the value may be secret. */
  readonly explain?: (value: string) => string
}

const optionalText = (options: Variable & { format: string }) =>
  Type.Optional(Type.String({ ...options }))

/**
 * Every variable that the server reads: type, bounds, default and description. Values are validated
 * in this order. An empty value is refused. docs/configuration.md lists the same.
 */
export const variables = Type.Object({
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 4000,
    description: 'port to listen on; `0` chooses a free port',
  }),
  HOST: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
  DATABASE_URL: optionalText({
    format: 'database-address',
    description: 'your PostgreSQL; may name several hosts',
    defaultText: 'the bundled PostgreSQL',
    explain: explainDatabaseUrl,
  }),
  HEDGE_ASYNCHRONOUS_COMMITS: Type.Enum(['allow', 'deny'], {
    default: 'deny',
    description:
      '`allow` serves live mode although `synchronous_commit` is off in your PostgreSQL, so that its crash loses acknowledged requests',
  }),
  HEDGE_DATA_DIR: Type.String({
    default: '.hedge',
    description: 'folder of the bundled database and of the first key pair',
  }),
  HEDGE_API_KEY: optionalText({
    format: 'test-publishable-key',
    description:
      'publishable key of the first test key pair, `pk_test_…`; read only if the database is empty',
    defaultText: 'generated and printed',
    explain: explainSecret('pk_test_ and at least 8 more characters'),
  }),
  HEDGE_API_SECRET: optionalText({
    format: 'strong-test-secret-key',
    description:
      'secret key of the first test key pair, `sk_test_…` with at least 128 random bits; read only if the database is empty',
    defaultText: 'generated and printed once',
    explain: explainApiSecret,
  }),
  HEDGE_PUBLIC_URL: optionalText({
    format: 'http-address',
    description: 'address at which customers reach the payment page',
    defaultText: 'the address that the server listens on',
    explain: explainUrl,
  }),
  HEDGE_TRUSTED_PROXIES: Type.Array(Type.String({ format: 'proxy' }), {
    default: [],
    description:
      'comma-separated addresses and CIDRs whose `X-Forwarded-For` is trusted; live mode needs it if `HEDGE_PUBLIC_URL` is https',
    defaultText: 'none',
    expected:
      'comma-separated addresses and ranges like 10.0.0.5, 10.1.0.0/16 or fd00::/8, none of them so ' +
      'wide that it holds every address',
  }),
  HEDGE_WEBHOOK_PRIVATE_NETWORKS: Type.Optional(
    Type.Enum(['allow', 'deny'], {
      description:
        '`allow` or `deny`: whether webhooks of test mode may reach loopback and private addresses',
      defaultText: 'allowed until the first live key exists',
    }),
  ),
  HEDGE_ENCRYPTION_KEY: optionalText({
    format: 'strong-encryption-key',
    description: `at least ${encryptionKeyLengthMin} random characters; encrypts the stored secrets of webhooks and processors, and the key of exported heads`,
    defaultText:
      'secrets of webhooks are stored unencrypted, credentials of processors are refused',
    explain: explainEncryptionKey,
  }),
  // The previous key may be weak, so that it can be replaced.
  HEDGE_ENCRYPTION_KEY_PREVIOUS: optionalText({
    format: 'encryption-key',
    description: 'previous encryption key, during a change of the key',
    defaultText: 'none',
    explain: explainEncryptionKey,
  }),
  HEDGE_STRIPE_SECRET_KEY: optionalText({
    format: 'stripe-key',
    description: 'Stripe key, `sk_…` or `rk_…`, for merchants without their own',
    defaultText: 'none',
    explain: explainSecret('a key of Stripe: sk_test_…, sk_live_…, rk_test_… or rk_live_…'),
  }),
  HEDGE_STRIPE_PUBLISHABLE_KEY: optionalText({
    format: 'stripe-publishable-key',
    description:
      'publishable key of the same account and mode, `pk_…`, with which the hosted page takes payments',
    defaultText: 'none',
    explain: explainSecret('a publishable key of Stripe: pk_test_… or pk_live_…'),
  }),
  HEDGE_STRIPE_WEBHOOK_SECRET: optionalText({
    format: 'stripe-webhook-secret',
    description: 'secret of your webhook endpoint at Stripe, `whsec_…`',
    defaultText: 'none',
    explain: explainSecret("the secret of Stripe's endpoint: whsec_…"),
  }),
  HEDGE_STRIPE_API_BASE: optionalText({
    format: 'http-address',
    description: "address of Stripe's API, or of a stand-in",
    defaultText: '`https://api.stripe.com`',
    explain: explainUrl,
  }),
  HEDGE_FEE_BASIS_POINTS: Type.Integer({
    minimum: 0,
    maximum: 10_000,
    default: feeScheduleDefault.basisPoints,
    description:
      'fee for merchants without their own schedule, in hundredths of a percent of the amount',
  }),
  HEDGE_FEE_FIXED: Type.Integer({
    minimum: 0,
    maximum: amountMinorMax,
    default: feeScheduleDefault.fixedMinor,
    description: 'fixed part of this fee, in minor units',
  }),
  HEDGE_PROCESSOR_CALLS_MAX: Type.Integer({
    minimum: 2,
    maximum: 1_000,
    default: 256,
    description:
      'calls that one process makes to one account at a processor at the same time, at most; it makes fewer while the processor refuses calls or slows down',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalText({
    format: 'http-address',
    description: 'collector that receives traces by OTLP over HTTP',
    defaultText: 'no traces',
    emptyIsUnset: true,
    explain: explainUrl,
  }),
  OTEL_TRACES_EXPORTER: Type.Optional(
    Type.Enum(['otlp', 'none'], {
      description:
        '`otlp` sends traces also without an endpoint, to `http://localhost:4318`; `none` sends none',
      defaultText: '`otlp` with an endpoint',
      emptyIsUnset: true,
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'share of traces that is kept, 0 to 1',
    emptyIsUnset: true,
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  }),
})

/** The values of all variables, by their names. A variable without a default may be absent. */
export type Variables = Static<typeof variables>

/** The schema of one variable. */
export interface VariableSchema extends Variable {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
}

/** Every variable with its name, in order. */
export const variableList = Object.entries(variables.properties) as unknown as readonly (readonly [
  keyof Variables,
  VariableSchema,
])[]
