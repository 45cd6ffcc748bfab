import type { CheckoutMethod, PaymentPage } from '@hedgepayments/contract'

/** Entered card or account data. It is sent to the sandbox's tokenization only. */
export type TestSource =
  | {
      readonly type: 'card'
      readonly number: string
      readonly exp_month: number
      readonly exp_year: number
      readonly cvc: string
    }
  | {
      readonly type: 'ach'
      readonly routing_number: string
      readonly account_number: string
      readonly account_holder: string
    }

/**
 * Why a request failed. `unreachable`: no answer, or an error of the server. `processorUnreachable`: the
 * same of the processor, which the browser asks for a token. `bankUnavailable`: the processor cannot use
 * the account that the customer has chosen.
 */
export type Fault =
  | 'missing'
  | 'tooMany'
  | 'tokenRefused'
  | 'notTaken'
  | 'bankUnavailable'
  | 'unreachable'
  | 'processorUnreachable'

/** A request of the page failed. */
export class PageError extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault)
    this.name = 'PageError'
    this.fault = fault
  }
}

/** After this time the customer sees an error and can try again. */
const timeoutMs = 30_000

/** The requests of one payment page. Each throws PageError. */
export function pageApi(id: string) {
  const base = `/pay/api/${encodeURIComponent(id)}`
  return {
    liveUrl: `${base}/live`,
    read: () => send<PaymentPage>(base, undefined),
    tokenize: (source: TestSource) => send<{ token: string }>(`${base}/tokens`, source),
    pay: (order: { method: CheckoutMethod; token: string; email?: string }) =>
      send<PaymentPage>(`${base}/pay`, order),
    confirm: (confirmed: boolean) => send<PaymentPage>(`${base}/confirm`, { confirmed }),
    /** Looks the payment up after the customer has been at the page of the bank. */
    check: () => send<PaymentPage>(`${base}/check`, {}),
  }
}

/** The requests of one payment page, as `pageApi` returns them. */
export type PageApi = ReturnType<typeof pageApi>

async function send<T>(path: string, body: object | undefined): Promise<T> {
  const answer = await fetchJson(path, {
    method: body ? 'POST' : 'GET',
    headers: body ? { 'content-type': 'application/json' } : {},
    signal: AbortSignal.timeout(timeoutMs),
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(() => null)
  if (!answer) throw new PageError('unreachable')
  if (!answer.ok) throw new PageError(faultOf(answer.status, path))
  return answer.body as T
}

/** Reads the body of a success as well, so that the deadline covers it. */
async function fetchJson(path: string, init: RequestInit) {
  const response = await fetch(path, init)
  const { ok, status } = response
  if (ok) return { ok, status, body: (await response.json()) as unknown }
  void response.body?.cancel().catch(() => undefined)
  return { ok, status, body: null }
}

function faultOf(status: number, path: string): Fault {
  if (status === 404) return 'missing'
  if (status === 429) return 'tooMany'
  if (status >= 500) return 'unreachable'
  return path.endsWith('/tokens') ? 'tokenRefused' : 'notTaken'
}
