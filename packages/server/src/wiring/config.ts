import { amountMinorMax } from '@hedgepayments/contract'
import { AddressError, parseAddress } from '../database/hosts/address.ts'
import { type FeeSchedule, feeScheduleDefault } from '../domain/fees.ts'
import { isProxy } from '../http/request/client-address.ts'
import { isStrongSecret, strongLengths } from '../merchants/secret-strength.ts'
import { isPublishableKey, isSecretKey } from '../merchants/secrets.ts'
import { stripeKeyShape, stripeWebhookShape } from '../processors/stripe/shapes.ts'
import type { TracesConfig } from '../tracing/start.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'

/**
 * The server's settings, parsed once from the environment. How long things are kept is not one of
 * them: events and all that says what became of money for ever, the rest as wiring/retention.ts
 * and the files it names say.
 */
export interface Config {
  /** `PORT`: where to listen, 0 for any free port. Default 4000. */
  readonly port: number
  /** `HOST`: the address to listen on. Default 127.0.0.1, this machine only. */
  readonly host: string
  /**
   * `DATABASE_URL`: a PostgreSQL of yours, also of several hosts of which one takes writes. Unset:
   * the bundled one.
   */
  readonly databaseUrl: string | null
  /** `HEDGE_DATA_DIR`: the bundled database and its log. Default `.hedge`. */
  readonly dataDir: string
  /** `HEDGE_API_KEY`: on an empty database, the publishable half of the first test key pair. */
  readonly apiKey: string | null
  /** `HEDGE_API_SECRET`: on an empty database, the secret half of the first test key pair: 128 bits. */
  readonly apiSecret: string | null
  /** `HEDGE_PUBLIC_URL`: where customers reach the payment page. Default: where it listens. */
  readonly publicUrl: string | null
  /**
   * `HEDGE_TRUSTED_PROXIES`: addresses and ranges of the proxies in front, with commas between. What
   * these say in X-Forwarded-For is taken as a caller's address. Default: nobody is believed.
   */
  readonly trustedProxies: readonly string[]
  /**
   * `HEDGE_ENCRYPTION_KEY`: at least 32 random characters by which secrets that are needed again, such as
   * those of webhooks, are sealed in the database. Default: they are stored as they are.
   */
  readonly encryptionKey: string | null
  /** `HEDGE_ENCRYPTION_KEY_PREVIOUS`: the one before, while processor credentials still need it. */
  readonly encryptionKeyPrevious: string | null
  /** Stripe, for all merchants that have not set a processor of their own. */
  readonly stripe: {
    /** `HEDGE_STRIPE_SECRET_KEY`: `sk_…` or restricted, `rk_…`. Its mode is the one it serves. */
    readonly secretKey: string | null
    /** `HEDGE_STRIPE_WEBHOOK_SECRET`: `whsec_…` of the endpoint at Stripe. */
    readonly webhookSecret: string | null
    /** `HEDGE_STRIPE_API_BASE`: a stand-in for Stripe's API. Default https://api.stripe.com. */
    readonly apiBase: string | null
  }
  /**
   * `HEDGE_WEBHOOK_PRIVATE_NETWORKS`: `allow` or `deny` webhooks of test mode to loopback and
   * private addresses. Default: allowed until the deployment has a live key.
   */
  readonly webhookPrivateNetworks: PrivateNetworks
  /**
   * `HEDGE_FEE_BASIS_POINTS` and `HEDGE_FEE_FIXED`: what a payment costs a merchant that has no
   * schedule of its own, in hundredths of a percent and minor units. Default 290 and 30.
   */
  readonly fees: FeeSchedule
  /**
   * `OTEL_EXPORTER_OTLP_ENDPOINT`: a collector that takes traces as OTLP over HTTP, such as
   * http://127.0.0.1:4318. `OTEL_TRACES_EXPORTER`: `otlp` traces without an address too, `none`
   * never. `OTEL_TRACES_SAMPLER_ARG`: the share of traces that is kept, 0 to 1. Default: no traces.
   */
  readonly traces: TracesConfig | null
  /** `LOG_LEVEL`: fatal, error, warn, info, debug, trace or silent. Default info. */
  readonly logLevel: string
}

/** An environment that cannot be used; the message names the variable and what was expected. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** 32 random characters, of any sort, cannot be guessed. */
const encryptionKeyLengthMin = 32

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** @throws {ConfigError} for the first variable that is wrong. An empty value counts as unset. */
export function parseConfig(env: Environment): Config {
  const apiKey = read(env, 'HEDGE_API_KEY')
  const apiSecret = read(env, 'HEDGE_API_SECRET')
  if (apiKey !== null && !(isPublishableKey(apiKey) && apiKey.startsWith('pk_test_'))) {
    throw new ConfigError(
      // The value is not shown: it may be the secret half, or one of a processor's.
      'HEDGE_API_KEY: expected pk_test_ and at least 8 more characters, got something else.',
    )
  }
  if (apiSecret !== null) checkApiSecret(apiSecret)
  return {
    port: readPort(env),
    host: read(env, 'HOST') ?? '127.0.0.1',
    databaseUrl: readDatabaseUrl(env),
    dataDir: read(env, 'HEDGE_DATA_DIR') ?? '.hedge',
    apiKey,
    apiSecret,
    publicUrl: readUrl(env, 'HEDGE_PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null,
    trustedProxies: readProxies(env, 'HEDGE_TRUSTED_PROXIES'),
    encryptionKey: readStrongEncryptionKey(env, 'HEDGE_ENCRYPTION_KEY'),
    encryptionKeyPrevious: readEncryptionKey(env, 'HEDGE_ENCRYPTION_KEY_PREVIOUS'),
    stripe: {
      secretKey: readShaped(env, 'HEDGE_STRIPE_SECRET_KEY', {
        shape: stripeKeyShape,
        words: 'a key of Stripe: sk_test_…, sk_live_…, rk_test_… or rk_live_…',
      }),
      webhookSecret: readShaped(env, 'HEDGE_STRIPE_WEBHOOK_SECRET', {
        shape: stripeWebhookShape,
        words: "the secret of Stripe's endpoint: whsec_…",
      }),
      apiBase: readUrl(env, 'HEDGE_STRIPE_API_BASE', ['http:', 'https:']),
    },
    webhookPrivateNetworks: readPrivateNetworks(env, 'HEDGE_WEBHOOK_PRIVATE_NETWORKS'),
    fees: {
      basisPoints:
        readInteger(env, 'HEDGE_FEE_BASIS_POINTS', 10_000) ?? feeScheduleDefault.basisPoints,
      fixedMinor:
        readInteger(env, 'HEDGE_FEE_FIXED', amountMinorMax) ?? feeScheduleDefault.fixedMinor,
    },
    traces: readTraces(env),
    logLevel: readLogLevel(env),
  }
}

function read(env: Environment, name: string): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}

function readPort(env: Environment): number {
  const value = read(env, 'PORT')
  if (value === null) return 4000
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port > 65_535) {
    throw new ConfigError(`PORT: expected a number from 0 to 65535, got ${JSON.stringify(value)}.`)
  }
  return port
}

function readProxies(env: Environment, name: string): string[] {
  const proxies = (read(env, name) ?? '').split(',').flatMap((part) => part.trim() || [])
  const wrong = proxies.find((proxy) => !isProxy(proxy))
  if (wrong === undefined) return proxies
  throw new ConfigError(
    `${name}: expected addresses and ranges like 10.0.0.5, 10.1.0.0/16 or fd00::/8, with commas ` +
      `between, none of them so wide that it holds everybody; got ${JSON.stringify(wrong)}.`,
  )
}

/** The value is not shown: it may be a secret all the same. */
function checkApiSecret(secret: string): void {
  const [, mode, random = ''] = /^sk_(test|live)_(.*)$/s.exec(secret) ?? []
  if (mode !== 'test' || !isSecretKey(secret)) {
    const got = mode === 'live' ? 'a live key' : 'something else'
    throw new ConfigError(`HEDGE_API_SECRET: expected sk_test_ and ${strongLengths}, got ${got}.`)
  }
  if (isStrongSecret(random)) return
  throw new ConfigError(
    `HEDGE_API_SECRET: expected sk_test_ and ${strongLengths}, got ${random.length} characters that ` +
      'can be guessed. `echo sk_test_$(openssl rand -hex 24)` makes one.',
  )
}

function readEncryptionKey(env: Environment, name: string): string | null {
  const key = read(env, name)
  if (key !== null && key.length < encryptionKeyLengthMin) {
    throw new ConfigError(
      `${name}: expected at least ${encryptionKeyLengthMin} characters, got ${key.length}.`,
    )
  }
  return key
}

/** A new key is a strong one. The one before may be what it is, so that it can be replaced. */
function readStrongEncryptionKey(env: Environment, name: string): string | null {
  const key = readEncryptionKey(env, name)
  if (key === null || isStrongSecret(key)) return key
  throw new ConfigError(
    `${name}: expected at least ${encryptionKeyLengthMin} random characters, got ${key.length} that ` +
      'can be guessed. `openssl rand -base64 32` makes some.',
  )
}

/** The value is not shown when it is wrong: it is a secret all the same. */
function readShaped(
  env: Environment,
  name: string,
  { shape, words }: { shape: RegExp; words: string },
): string | null {
  const value = read(env, name)
  if (value === null || shape.test(value)) return value
  throw new ConfigError(`${name}: expected ${words}, got something else.`)
}

function readInteger(env: Environment, name: string, max: number): number | null {
  const value = read(env, name)
  if (value === null) return null
  if (!/^\d{1,9}$/.test(value) || Number(value) > max) {
    throw new ConfigError(`${name}: expected a whole number from 0 to ${max}, got ${value}.`)
  }
  return Number(value)
}

function readPrivateNetworks(env: Environment, name: string): PrivateNetworks {
  const value = read(env, name)
  if (value === null || value === 'allow' || value === 'deny') return value
  throw new ConfigError(`${name}: expected allow or deny, got ${JSON.stringify(value)}.`)
}

function readTraces(env: Environment): TracesConfig | null {
  const endpoint = readUrl(env, 'OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:'])
  const exporter = read(env, 'OTEL_TRACES_EXPORTER') ?? (endpoint === null ? 'none' : 'otlp')
  if (exporter !== 'otlp' && exporter !== 'none') {
    throw new ConfigError(`OTEL_TRACES_EXPORTER: expected otlp or none, got ${exporter}.`)
  }
  const share = Number(read(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1)
  if (!(share >= 0 && share <= 1)) {
    throw new ConfigError('OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1.')
  }
  return exporter === 'otlp' ? { share } : null
}

function readLogLevel(env: Environment): string {
  const level = read(env, 'LOG_LEVEL') ?? 'info'
  if (!logLevels.includes(level)) {
    throw new ConfigError(`LOG_LEVEL: expected one of ${logLevels.join(', ')}, got ${level}.`)
  }
  return level
}

function readDatabaseUrl(env: Environment): string | null {
  const value = read(env, 'DATABASE_URL')
  try {
    if (value !== null) parseAddress(value)
    return value
  } catch (error) {
    if (error instanceof AddressError) throw new ConfigError(`DATABASE_URL: ${error.message}`)
    throw error
  }
}

/** The value is not shown when it is wrong: it may hold a password. */
function readUrl(env: Environment, name: string, protocols: readonly string[]): string | null {
  const value = read(env, name)
  if (value === null) return null
  const begins = protocols.some((protocol) => value.startsWith(`${protocol}//`))
  if (!begins || !URL.canParse(value)) {
    throw new ConfigError(
      `${name}: expected an address that begins with ${protocols.join('// or ')}//, got ` +
        (begins ? 'one whose host, port or password cannot be read.' : 'something else.'),
    )
  }
  return value
}
