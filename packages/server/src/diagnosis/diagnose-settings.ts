import { type Config, parseConfig } from '../wiring/config.ts'
import { ConfigError, type Environment } from '../wiring/environment/read.ts'
import { findUnknownVariables } from '../wiring/environment/unknown.ts'
import { sharesOneAddress } from '../wiring/live-mode.ts'
import { type Check, fail, ok, warn } from './engine/check.ts'
import { isThisMachine } from './production/database-tls.ts'

/** Settings of a server, or why they are none. The keys of a client have the same names. */
export function readSettingsOf(env: Environment): Config | ConfigError {
  const { HEDGE_API_KEY: _, HEDGE_API_SECRET: __, ...rest } = env
  try {
    return parseConfig(rest)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Checks the settings of a server, and that they name the proxies in front. */
export function diagnoseSettings(env: Environment): Check[] {
  const config = readSettingsOf(env)
  const unknown = checkNames(env)
  if (config instanceof ConfigError) {
    return [
      ...unknown,
      fail('settings', {
        found: config.message,
        expected: 'settings with which the server starts',
        action: 'correct the variable: see docs/configuration.md',
      }),
    ]
  }
  return [...unknown, ok('settings', 'valid'), ...checkProxies(config)]
}

function checkNames(env: Environment): Check[] {
  const names = findUnknownVariables(env)
  if (names.length === 0) return []
  return [
    warn('setting_names', {
      found: `${names.join(', ')}: Hedge has no such setting`,
      expected: 'names of docs/configuration.md',
      action: 'correct the name, or remove the line: it has no effect',
    }),
  ]
}

function checkProxies(config: Config): Check[] {
  const { trustedProxies, host } = config
  const name = 'proxies'
  const expected = 'the addresses of the proxies in front, in HEDGE_TRUSTED_PROXIES'
  if (trustedProxies.length > 0) return [ok(name, `trusted: ${trustedProxies.join(', ')}`)]
  if (sharesOneAddress({ publicUrl: config.publicUrl ?? '', trustedProxies })) {
    return [
      fail(name, {
        found:
          'HEDGE_PUBLIC_URL is https, but HEDGE_TRUSTED_PROXIES is not set: live mode is not served',
        expected,
        action: 'set HEDGE_TRUSTED_PROXIES',
      }),
    ]
  }
  if (!isThisMachine(host)) {
    return [
      warn(name, {
        found: `the server listens on ${host}, without TLS, and trusts no proxy`,
        expected,
        action:
          'put a proxy with TLS in front and set HEDGE_TRUSTED_PROXIES, or set HOST=127.0.0.1',
      }),
    ]
  }
  return []
}
