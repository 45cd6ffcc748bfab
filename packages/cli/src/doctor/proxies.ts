import type { Check } from './check.ts'

/** Whether the server, by the settings that are in the environment here, knows its proxies. */
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
