import type { ApiKey, HedgePayments } from '@hedgepayments/node'
import type { Check } from '@hedgepayments/server/admin'
import { scopesOf } from '../commands/keys/scopes.ts'
import { type FoundCredentials, findAddress, findCredentials } from '../credentials.ts'
import { pageSizeMax } from '../output/list.ts'
import { factsOf } from '../output/report-error.ts'
import { type ApiFetch, createFetch } from '../proxy.ts'
import { createClient, type GlobalOptions, hintOf } from '../session.ts'

/** A server that does not answer a check in this time counts as down. */
const answerTimeoutMs = 5_000

/** Webhook signatures have a tolerance of five minutes. */
const skewSeconds = { warn: 30, fail: 300 }

const expiresSoonMs = 14 * 86_400_000

/** Checks the server's health, its clock and the key. */
export async function* checkServer(options: GlobalOptions): AsyncGenerator<Check> {
  const found = await findCredentials(process.env, options).catch((error) => error as Error)
  const hasKey = !(found instanceof Error)
  const opened = await openClient(options, hasKey ? found : undefined).catch(
    (error) => error as Error,
  )
  if (opened instanceof Error) {
    yield fail('key', factsOf(opened).message)
    return
  }
  const { client, fetch } = opened
  const { baseUrl } = client
  const health = await ask(fetch, `${baseUrl}/healthz`)
  if (!('response' in health)) {
    yield fail('server', `${baseUrl} does not answer: ${health.reason}`)
  } else if (health.response.status !== 200) {
    yield fail('server', `${baseUrl}/healthz answers ${health.response.status}`)
  } else {
    yield ok('server', `${baseUrl} answers in ${health.tookMs} ms`)
    yield await checkReady(fetch, baseUrl)
    yield checkClock(health)
  }
  if (!hasKey) yield fail('key', factsOf(found).message)
  else if ('response' in health) yield await checkKey(client, found)
  else yield warn('key', `${hintOf(found.apiSecret)} from ${found.source}: not checked`)
}

/** A client for the checks. Without a key, it only checks the server's health. */
async function openClient(
  options: GlobalOptions,
  found: FoundCredentials | undefined,
): Promise<{ client: HedgePayments; fetch: ApiFetch }> {
  const baseUrl = found?.baseUrl ?? findAddress(process.env, options.baseUrl)
  const fetch = await createFetch(process.env, baseUrl)
  const client = createClient({
    apiSecret: found?.apiSecret ?? 'sk_test_none',
    apiKey: found?.apiKey,
    baseUrl,
    fetch,
    timeout: answerTimeoutMs,
    maxRetries: 0,
  })
  return { client, fetch }
}

type Answer =
  | { readonly response: Response; readonly tookMs: number; readonly atMs: number }
  | { readonly reason: string }

async function ask(fetch: ApiFetch, url: string): Promise<Answer> {
  const startedMs = performance.now()
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(answerTimeoutMs),
    })
    await response.arrayBuffer()
    return { response, tookMs: Math.round(performance.now() - startedMs), atMs: Date.now() }
  } catch (error) {
    const { cause, name, message } = error as Error
    if (name === 'TimeoutError') return { reason: `no answer within ${answerTimeoutMs / 1_000} s` }
    const code = (cause as NodeJS.ErrnoException | undefined)?.code
    return { reason: code === 'ECONNREFUSED' ? 'nothing listens there' : (code ?? message) }
  }
}

async function checkReady(fetch: ApiFetch, baseUrl: string): Promise<Check> {
  const ready = await ask(fetch, `${baseUrl}/readyz`)
  if (!('response' in ready)) return fail('ready', ready.reason)
  if (ready.response.status === 200)
    return ok('ready', 'the server reaches its database, which is migrated')
  return fail('ready', 'the server does not reach its database, or the database is not migrated')
}

function checkClock({ response, atMs }: { response: Response; atMs: number }): Check {
  const theirsMs = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(theirsMs)) return warn('clock', 'the server sends no Date header')
  // The header has whole seconds, so half a second more is the best estimate.
  const seconds = Math.round((atMs - (theirsMs + 500)) / 1_000)
  const apart = Math.abs(seconds)
  if (apart <= 1) return ok('clock', 'agrees with the server')
  const message = `this machine is ${apart} s ${seconds > 0 ? 'ahead of' : 'behind'} the server`
  if (apart > skewSeconds.fail) return fail('clock', `${message}: webhooks will be refused`)
  return apart > skewSeconds.warn ? warn('clock', message) : ok('clock', message)
}

async function checkKey(
  client: HedgePayments,
  found: { apiSecret: string; source: string },
): Promise<Check> {
  const hint = hintOf(found.apiSecret)
  try {
    // The API does not name the key of a request. Its beginning and end identify it.
    for await (const key of client.apiKeys.list({ limit: pageSizeMax })) {
      if (key.secret_hint === hint && key.revoked_at === null) return describeKey(key, found.source)
    }
    return ok('key', `${hint} is valid (${found.source})`)
  } catch (error) {
    const { message, code } = factsOf(error)
    return fail('key', `${hint} from ${found.source}: ${message} (${code})`)
  }
}

function describeKey(key: ApiKey, source: string): Check {
  const mode = key.livemode ? 'live' : 'test'
  const text = `${key.id}, ${mode} mode, scopes: ${scopesOf(key)}, from ${source}`
  const isEnding = key.expires_at && Date.parse(key.expires_at) - Date.now() < expiresSoonMs
  return isEnding ? warn('key', `${text}; expires ${key.expires_at}`) : ok('key', text)
}

function ok(name: string, found: string): Check {
  return { name, status: 'ok', found, expected: null, action: null }
}

/** What to do about each of these checks, and what it expects. */
const remedies: Readonly<Record<string, { expected: string; action: string }>> = {
  server: {
    expected: 'a server that answers',
    action: 'start the server, or set HEDGE_BASE_URL to its address',
  },
  ready: {
    expected: 'a server that reaches a migrated database',
    action: "read the server's log, and the checks of the database below",
  },
  clock: {
    expected: 'clocks that agree',
    action: 'synchronize the clocks of both machines (NTP)',
  },
  key: {
    expected: 'a key of this server that does not end soon',
    action: 'set HEDGE_API_SECRET, or create a key: hedge keys create',
  },
}

const problem = (name: string, status: 'warn' | 'fail', found: string): Check => ({
  name,
  status,
  found,
  ...(remedies[name] ?? { expected: '', action: '' }),
})
const warn = (name: string, found: string) => problem(name, 'warn', found)
const fail = (name: string, found: string) => problem(name, 'fail', found)
