import type { CheckoutMethod, PaymentPage } from '@hedgepayments/contract'

/** What the customer typed, on its way to the sandbox's tokenization and nowhere else. */
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

/** Why a request came to nothing; `unreachable` also where no answer came. */
export type Fault = 'missing' | 'tooMany' | 'tokenRefused' | 'notTaken' | 'unreachable'

export class PageError extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault)
    this.name = 'PageError'
    this.fault = fault
  }
}

/** Longest wait for an answer: beyond it the customer is told, and can try again. */
const timeoutMs = 30_000

/** The requests of one payment page. Each throws PageError. */
export function pageApi(id: string) {
  const base = `/pay/api/${encodeURIComponent(id)}`
  return {
    liveUrl: `${base}/live`,
    read: () => ask<PaymentPage>(base, undefined),
    tokenize: (source: TestSource) => ask<{ token: string }>(`${base}/tokens`, source),
    pay: (order: { method: CheckoutMethod; token: string; email?: string }) =>
      ask<PaymentPage>(`${base}/pay`, order),
    confirm: (confirmed: boolean) => ask<PaymentPage>(`${base}/confirm`, { confirmed }),
  }
}

export type PageApi = ReturnType<typeof pageApi>

async function ask<T>(path: string, body: object | undefined): Promise<T> {
  const answered = await fetchJson(path, {
    method: body ? 'POST' : 'GET',
    headers: body ? { 'content-type': 'application/json' } : {},
    signal: AbortSignal.timeout(timeoutMs),
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(() => null)
  if (!answered) throw new PageError('unreachable')
  if (!answered.ok) throw new PageError(faultOf(answered.status, path))
  return answered.body as T
}

/** Of an answer that is a success, the body counts too: it has to be whole by the deadline. */
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
