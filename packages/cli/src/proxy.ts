import type { HedgePaymentsOptions } from '@hedgepayments/node'
import { isLoopback } from './credentials.ts'
import { usageError } from './exit-codes.ts'

/** Sends requests to the API. */
export type ApiFetch = NonNullable<HedgePaymentsOptions['fetch']>

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The `fetch` for the API: through the proxy of HTTPS_PROXY or HTTP_PROXY (also in lower case) except
 * for the hosts of NO_PROXY, else direct. Requests to this machine are always direct.
 *
 * @throws {CliError} if the proxy's URL is wrong.
 */
export async function createFetch(env: Environment, baseUrl: string): Promise<ApiFetch> {
  const direct: ApiFetch = (url, init) => globalThis.fetch(url, init)
  const httpsProxy = env.https_proxy?.trim() || env.HTTPS_PROXY?.trim()
  const httpProxy = env.http_proxy?.trim() || env.HTTP_PROXY?.trim()
  const isLocal = URL.canParse(baseUrl) && isLoopback(new URL(baseUrl))
  if (isLocal || !(httpsProxy || httpProxy)) return direct
  for (const proxy of [httpsProxy, httpProxy]) if (proxy) requireProxy(proxy)
  // Node's own support exists from version 24 on, and only by a variable that is set at its start.
  const { EnvHttpProxyAgent, fetch } = await import('undici')
  const dispatcher = new EnvHttpProxyAgent({
    ...(httpsProxy ? { httpsProxy } : {}),
    ...(httpProxy ? { httpProxy } : {}),
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
  })
  const proxied = fetch as unknown as (url: string, init: object) => Promise<Response>
  return (url, init) => proxied(url, { ...init, dispatcher })
}

function requireProxy(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return
  // The text is not repeated, because it may contain a password.
  throw usageError('HTTPS_PROXY or HTTP_PROXY is not a URL like http://proxy.example.com:3128.')
}
