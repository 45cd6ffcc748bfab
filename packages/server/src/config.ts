import { isPublishableKey, isSecretKey } from './merchants/secrets.ts'

/** The server's settings, parsed once from the environment. */
export interface Config {
  /** `PORT`: where to listen, 0 for any free port. Default 4000. */
  readonly port: number
  /** `HOST`: the address to listen on. Default 127.0.0.1, this machine only. */
  readonly host: string
  /** `DATABASE_URL`: a PostgreSQL of yours. Unset: the bundled one. */
  readonly databaseUrl: string | null
  /** `HEDGE_DATA_DIR`: the bundled database and its log. Default `.hedge`. */
  readonly dataDir: string
  /** `HEDGE_API_KEY`: on an empty database, the publishable half of the first test key pair. */
  readonly apiKey: string | null
  /** `HEDGE_API_SECRET`: on an empty database, the secret half of the first test key pair. */
  readonly apiSecret: string | null
  /** `HEDGE_PUBLIC_URL`: where customers reach the payment page. Default: where it listens. */
  readonly publicUrl: string | null
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

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** @throws {ConfigError} for the first variable that is wrong. An empty value counts as unset. */
export function parseConfig(env: Environment): Config {
  const apiKey = read(env, 'HEDGE_API_KEY')
  const apiSecret = read(env, 'HEDGE_API_SECRET')
  if (apiKey !== null && !(isPublishableKey(apiKey) && apiKey.startsWith('pk_test_'))) {
    throw new ConfigError('HEDGE_API_KEY: expected pk_test_ and at least 8 more characters.')
  }
  if (apiSecret !== null && !(isSecretKey(apiSecret) && apiSecret.startsWith('sk_test_'))) {
    throw new ConfigError('HEDGE_API_SECRET: expected sk_test_ and at least 8 more characters.')
  }
  return {
    port: readPort(env),
    host: read(env, 'HOST') ?? '127.0.0.1',
    databaseUrl: readUrl(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    dataDir: read(env, 'HEDGE_DATA_DIR') ?? '.hedge',
    apiKey,
    apiSecret,
    publicUrl: readUrl(env, 'HEDGE_PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null,
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

function readLogLevel(env: Environment): string {
  const level = read(env, 'LOG_LEVEL') ?? 'info'
  if (!logLevels.includes(level)) {
    throw new ConfigError(`LOG_LEVEL: expected one of ${logLevels.join(', ')}, got ${level}.`)
  }
  return level
}

/** The value is not shown when it is wrong: it may hold a password. */
function readUrl(env: Environment, name: string, protocols: readonly string[]): string | null {
  const value = read(env, name)
  if (value === null) return null
  // PostgreSQL takes an address without a host, for a socket; the standard of URLs does not.
  const canParse = URL.canParse(value) || URL.canParse(value.replace('@/', '@host/'))
  const accepted = canParse && protocols.some((protocol) => value.startsWith(`${protocol}//`))
  if (!accepted) {
    throw new ConfigError(
      `${name}: expected an address that begins with ${protocols.join('// or ')}//.`,
    )
  }
  return value
}
