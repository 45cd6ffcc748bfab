import type { FeeSchedule } from '../domain/fees.ts'
import { isLiveStripeKey, isPublishableKeyOfMode } from '../processors/stripe-keys.ts'
import type { TracesConfig } from '../tracing/start.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'
import { ConfigError, type Environment, readEnvironment } from './environment/read.ts'
import type { Variables } from './environment/variables.ts'

/**
 * The server's settings, parsed once from the environment. `environment/variables.ts` describes each
 * variable with its type, bounds and default.
 *
 * Retention times are no settings: events and the records of money are kept for ever, other rows as
 * `retention.ts` and the files it names say.
 */
export interface Config {
  /** `PORT`. */
  readonly port: number
  /** `HOST`. */
  readonly host: string
  /** `DATABASE_URL`; null: the bundled PostgreSQL. */
  readonly databaseUrl: string | null
  /** `HEDGE_DATA_DIR`. */
  readonly dataDir: string
  /** `HEDGE_API_KEY`. */
  readonly apiKey: string | null
  /** `HEDGE_API_SECRET`. */
  readonly apiSecret: string | null
  /** `HEDGE_PUBLIC_URL` without a slash at its end; null: the address that the server listens on. */
  readonly publicUrl: string | null
  /** `HEDGE_TRUSTED_PROXIES`. */
  readonly trustedProxies: readonly string[]
  /** `HEDGE_ENCRYPTION_KEY`. */
  readonly encryptionKey: string | null
  /** `HEDGE_ENCRYPTION_KEY_PREVIOUS`. */
  readonly encryptionKeyPrevious: string | null
  /** Stripe, for all merchants without credentials of their own. */
  readonly stripe: {
    /** `HEDGE_STRIPE_SECRET_KEY`. It serves the mode of the key. */
    readonly secretKey: string | null
    /** `HEDGE_STRIPE_PUBLISHABLE_KEY`, of the mode of the secret key. */
    readonly publishableKey: string | null
    /** `HEDGE_STRIPE_WEBHOOK_SECRET`. */
    readonly webhookSecret: string | null
    /** `HEDGE_STRIPE_API_BASE`; null: Stripe's own. */
    readonly apiBase: string | null
  }
  /** `HEDGE_WEBHOOK_PRIVATE_NETWORKS`; null: allowed until the deployment has a live key. */
  readonly webhookPrivateNetworks: PrivateNetworks
  /** `HEDGE_ASYNCHRONOUS_COMMITS`. */
  readonly asynchronousCommits: 'allow' | 'deny'
  /** `HEDGE_FEE_BASIS_POINTS` and `HEDGE_FEE_FIXED`, in minor units. */
  readonly fees: FeeSchedule
  /**
   * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_EXPORTER` and `OTEL_TRACES_SAMPLER_ARG`; null: no
   * traces. The exporter reads the endpoint from the environment itself.
   */
  readonly traces: TracesConfig | null
  /** `HEDGE_PROCESSOR_CALLS_MAX`. */
  readonly processorCallsMax: number
  /** `LOG_LEVEL`. */
  readonly logLevel: string
}

/**
 * Parses the server's settings.
 *
 * @throws {ConfigError} for the first variable that is wrong, or set but empty.
 */
export function parseConfig(env: Environment): Config {
  const values = readEnvironment(env)
  const exporter = values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? 'none' : 'otlp'
  return {
    port: values.PORT,
    host: values.HOST,
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir: values.HEDGE_DATA_DIR,
    apiKey: values.HEDGE_API_KEY ?? null,
    apiSecret: values.HEDGE_API_SECRET ?? null,
    publicUrl: values.HEDGE_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    trustedProxies: values.HEDGE_TRUSTED_PROXIES,
    encryptionKey: values.HEDGE_ENCRYPTION_KEY ?? null,
    encryptionKeyPrevious: values.HEDGE_ENCRYPTION_KEY_PREVIOUS ?? null,
    stripe: {
      secretKey: values.HEDGE_STRIPE_SECRET_KEY ?? null,
      publishableKey: readPublishableKey(values),
      webhookSecret: values.HEDGE_STRIPE_WEBHOOK_SECRET ?? null,
      apiBase: values.HEDGE_STRIPE_API_BASE ?? null,
    },
    webhookPrivateNetworks: values.HEDGE_WEBHOOK_PRIVATE_NETWORKS ?? null,
    asynchronousCommits: values.HEDGE_ASYNCHRONOUS_COMMITS,
    fees: { basisPoints: values.HEDGE_FEE_BASIS_POINTS, fixedMinor: values.HEDGE_FEE_FIXED },
    traces:
      (values.OTEL_TRACES_EXPORTER ?? exporter) === 'otlp'
        ? { share: values.OTEL_TRACES_SAMPLER_ARG }
        : null,
    processorCallsMax: values.HEDGE_PROCESSOR_CALLS_MAX,
    logLevel: values.LOG_LEVEL,
  }
}

/** @throws {ConfigError} for a publishable key without a secret key of its mode. */
function readPublishableKey(values: Variables): string | null {
  const { HEDGE_STRIPE_PUBLISHABLE_KEY: key, HEDGE_STRIPE_SECRET_KEY: secretKey } = values
  if (key === undefined) return null
  if (secretKey !== undefined && isPublishableKeyOfMode(key, isLiveStripeKey(secretKey))) return key
  const got = secretKey === undefined ? 'no secret key' : 'a secret key of the other mode'
  throw new ConfigError(
    `HEDGE_STRIPE_PUBLISHABLE_KEY: expected the mode of HEDGE_STRIPE_SECRET_KEY, got ${got}.`,
  )
}
