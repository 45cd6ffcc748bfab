import type { Check } from './check.ts'

/** Checks that trusted proxies are configured if HEDGE_PUBLIC_URL is https. */
export function* checkProxies(env: Readonly<Record<string, string | undefined>>): Generator<Check> {
  const name = 'proxies'
  const isHttps = env.HEDGE_PUBLIC_URL?.trim().startsWith('https:') === true
  const proxies = env.HEDGE_TRUSTED_PROXIES?.trim() ?? ''
  if (proxies !== '') yield { name, status: 'ok', message: `trusted: ${proxies}` }
  else if (isHttps) {
    const message =
      'HEDGE_PUBLIC_URL is https, but HEDGE_TRUSTED_PROXIES is not set: live mode is not served'
    yield { name, status: 'fail', message }
  }
}
