import { findWrongName, isObject, kindOf } from './arguments.ts'
import { ConfigurationError } from './errors.ts'
import type { Environment, Fetch, HedgePaymentsOptions, Logger } from './types/options.ts'

/** The checked options, with defaults. */
export interface Configuration {
  apiKey: string | undefined
  apiSecret: string
  environment: Environment
  /** Without a slash at the end. */
  baseUrl: string
  timeoutMs: number
  maxRetries: number
  fetch: Fetch
  /** Whether `fetch` is the runtime's, now. */
  isRuntimeFetch: () => boolean
  logger: Logger
}

/** The default address of a server. Live keys have no default. */
const sandboxUrl = 'http://127.0.0.1:4000'

/** The server answers every request in less time, or refuses it. */
const timeoutDefaultMs = 30_000

/** `setTimeout` fires at once for longer times. */
const timeoutMaxMs = 2_147_483_647

const maxRetriesDefault = 2

const optionNames: readonly (keyof HedgePaymentsOptions)[] = [
  'apiKey',
  'apiSecret',
  'environment',
  'baseUrl',
  'timeout',
  'maxRetries',
  'fetch',
  'logger',
]

/** With delays of up to 8 seconds, more retries would take minutes. */
const maxRetriesMax = 10

/**
 * Checks the options and adds defaults from the environment.
 *
 * @throws {ConfigurationError} The message names the option and never contains a key.
 */
export function configure(options: HedgePaymentsOptions): Configuration {
  checkTypes(options)
  const apiSecret = readSecret(options.apiSecret ?? readEnvironment('HEDGE_API_SECRET'))
  const environment = modeOf(apiSecret)
  // The environment's publishable key belongs to the environment's secret, not to a passed one.
  const apiKey =
    options.apiKey ?? (options.apiSecret ? undefined : readEnvironment('HEDGE_API_KEY'))
  checkMode({ environment, requested: options.environment, apiKey: apiKey?.trim() })
  return {
    apiKey: apiKey?.trim() || undefined,
    apiSecret,
    environment,
    baseUrl: readBaseUrl(options.baseUrl || readEnvironment('HEDGE_BASE_URL'), environment),
    timeoutMs: checkTimeout(options.timeout ?? timeoutDefaultMs),
    maxRetries: checkMaxRetries(options.maxRetries ?? maxRetriesDefault),
    fetch: options.fetch ?? runtimeFetch(),
    isRuntimeFetch: () => (options.fetch ?? globalThis.fetch) === globalThis.fetch,
    logger: options.logger ?? {},
  }
}

/** Checks a timeout in milliseconds. @throws {ConfigurationError} */
export function checkTimeout(timeoutMs: number): number {
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= timeoutMaxMs) return timeoutMs
  throw refuse(
    `timeout is ${numberOrKind(timeoutMs)}: it must be a number from 1 to 2147483647, in milliseconds`,
  )
}

/** Checks a number of retries. @throws {ConfigurationError} */
export function checkMaxRetries(maxRetries: number): number {
  if (Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries <= maxRetriesMax) {
    return maxRetries
  }
  throw refuse(
    `maxRetries is ${numberOrKind(maxRetries)}: it must be a whole number from 0 to ${maxRetriesMax}`,
  )
}

function numberOrKind(value: unknown): string {
  return typeof value === 'number' ? String(value) : kindOf(value)
}

/** Checks the names of the options and the types of their values. `null` is accepted like `undefined`. */
function checkTypes(options: HedgePaymentsOptions): void {
  const wrong = findWrongName(options, optionNames)
  if (wrong !== undefined) throw refuse(wrong)
  for (const name of ['apiKey', 'apiSecret', 'environment', 'baseUrl'] as const) {
    const value: unknown = options[name] ?? ''
    if (typeof value !== 'string')
      throw refuse(`${name} must be a string, but got ${kindOf(value)}`)
  }
  const fetch: unknown = options.fetch ?? undefined
  if (fetch !== undefined && typeof fetch !== 'function') {
    throw refuse(`fetch must be a function, but got ${kindOf(fetch)}`)
  }
  checkLogger(options.logger ?? {})
}

function checkLogger(logger: unknown): void {
  // Some loggers are functions with methods.
  const isLogger = isObject(logger) || typeof logger === 'function'
  if (!isLogger) throw refuse(`logger must be an object like console, but got ${kindOf(logger)}`)
  const methods = ['debug', 'info', 'warn', 'error'] as const
  const found = methods.map((name) => [name, (logger as Logger)[name] ?? undefined] as const)
  const wrong = found.find(([, method]) => method !== undefined && typeof method !== 'function')
  if (wrong) throw refuse(`logger.${wrong[0]} must be a function, but got ${kindOf(wrong[1])}`)
  if (typeof logger === 'function' && found.every(([, method]) => method === undefined)) {
    throw refuse('logger must be an object like console, but got a function')
  }
}

function readSecret(given: string | undefined): string {
  const apiSecret = given?.trim()
  if (!apiSecret) {
    throw refuse('apiSecret is missing: pass it, or set HEDGE_API_SECRET to your secret key (sk_…)')
  }
  if (apiSecret.startsWith('pk_')) {
    throw refuse('apiSecret is a publishable key (pk_…); set it to the secret key (sk_…)')
  }
  if (!/^sk_(test|live)_[\x21-\x7e]+$/.test(apiSecret)) {
    throw refuse('apiSecret is not a secret key: it must start with sk_test_ or sk_live_')
  }
  return apiSecret
}

function modeOf(key: string): Environment {
  return key.slice(3).startsWith('live_') ? 'production' : 'sandbox'
}

function checkMode(facts: {
  environment: Environment
  requested: Environment | undefined
  apiKey: string | undefined
}): void {
  const { environment, requested, apiKey } = facts
  if (requested !== undefined && requested !== 'sandbox' && requested !== 'production') {
    throw refuse(`environment is '${requested}': it must be 'sandbox' or 'production'`)
  }
  const prefix = environment === 'sandbox' ? 'sk_test_' : 'sk_live_'
  if (requested !== undefined && requested !== environment) {
    throw refuse(`environment is '${requested}', but apiSecret is a ${prefix} key (${environment})`)
  }
  if (!apiKey) return
  if (!/^pk_(test|live)_/.test(apiKey)) {
    throw refuse('apiKey is not a publishable key: it must start with pk_test_ or pk_live_')
  }
  if (modeOf(apiKey) !== environment) {
    throw refuse(`apiKey and apiSecret are of different modes: apiSecret is a ${prefix} key`)
  }
}

function readBaseUrl(given: string | undefined, environment: Environment): string {
  if (!given && environment === 'production') {
    throw refuse('baseUrl is missing: pass it, or set HEDGE_BASE_URL to the URL of your server')
  }
  let url: URL
  try {
    url = new URL((given ?? sandboxUrl).trim())
  } catch {
    throw refuse('baseUrl is not a URL: it must look like http://127.0.0.1:4000')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refuse('baseUrl must start with http:// or https://')
  }
  if (url.username || url.password || url.search || url.hash) {
    throw refuse('baseUrl must have no user, password, query or fragment')
  }
  if (environment === 'production' && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw refuse(
      `baseUrl is http://${url.host}, but a live key is sent over https only, except to loopback ` +
        'addresses: use https://',
    )
  }
  const path = url.pathname.replace(/\/+$/, '')
  if (path.endsWith('/v1')) {
    throw refuse('baseUrl ends with /v1: leave it out, because the SDK adds it to each request')
  }
  return url.origin + path
}

/** Whether a host name is this machine. `URL` has already written addresses in their usual form. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])\.?$/.test(hostname)
}

/** Reads `globalThis.fetch` at each call, so that a replacement by a test or tracer is used. */
function runtimeFetch(): Fetch {
  if (typeof globalThis.fetch !== 'function') {
    throw refuse('this runtime has no fetch: pass the option fetch')
  }
  return (url, init) => globalThis.fetch(url, init)
}

function readEnvironment(name: string): string | undefined {
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } }
  try {
    return host.process?.env?.[name] || undefined
  } catch {
    // Deno without the permission to read the environment.
    return undefined
  }
}

function refuse(message: string): ConfigurationError {
  return new ConfigurationError(message, { code: 'invalid_configuration' })
}
