import type { Check } from '@hedgepayments/server/admin'
import { createFetch } from '../proxy.ts'

const name = 'metrics_access'

/** A proxy that does not answer in this time is not examined. */
const answerTimeoutMs = 5_000

/** Checks that the public address does not show the metrics. Prometheus reads them without a key. */
export async function checkMetricsAccess(
  publicUrl: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Check> {
  const url = `${publicUrl}/metrics`
  try {
    const fetch = await createFetch(env, publicUrl)
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(answerTimeoutMs),
    })
    await response.body?.cancel()
    if (response.status !== 200) {
      const found = `${url} answers ${response.status}`
      return { name, status: 'ok', found, expected: null, action: null }
    }
    return {
      name,
      status: 'fail',
      found: `everyone can read ${url}`,
      expected: 'metrics that only your network can read',
      action: 'refuse /metrics in the proxy, as in docs/running-in-production.md',
    }
  } catch {
    return {
      name,
      status: 'warn',
      found: `${url} cannot be reached from here, so it was not checked`,
      expected: 'an address that does not show metrics',
      action: 'run the doctor where the public address can be reached',
    }
  }
}
