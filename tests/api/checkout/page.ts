import type { PaymentPage } from '@hedgepayments/contract'

/** An answer of the payment page's API. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly body: any
}

/** The requests of the payment page, without a browser. */
export function pageClient(url: string, link: string) {
  const id = link.split('/').at(-1) ?? ''
  const base = `${url}/pay/api/${id}`
  async function ask(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<PageAnswer> {
    const response = await fetch(`${base}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: JSON.parse(text) }
  }
  return {
    ask,
    read: async () => (await ask('')).body as PaymentPage,
    /** Tokenizes a test card and pays with it, as the page does. */
    async payWithCard(number: string, more: Record<string, unknown> = {}): Promise<PageAnswer> {
      const { body } = await ask('/tokens', card(number))
      return await ask('/pay', { method: 'card', token: body.token, ...more })
    },
    async payWithAccount(accountNumber: string): Promise<PageAnswer> {
      const { body } = await ask('/tokens', account(accountNumber))
      return await ask('/pay', { method: 'ach', token: body.token })
    },
    /** The states that the server pushes from now on. */
    async live(signal: AbortSignal): Promise<AsyncGenerator<PaymentPage>> {
      const response = await fetch(`${base}/live`, { signal })
      if (!response.body) throw new Error('the stream has no body')
      return readStates(response.body)
    },
  }
}

export const card = (number: string) => ({
  type: 'card',
  number,
  exp_month: 12,
  exp_year: 2040,
  cvc: '123',
})

const account = (accountNumber: string) => ({
  type: 'ach',
  routing_number: '011401533',
  account_number: accountNumber,
  account_holder: 'Ada Lovelace',
})

async function* readStates(body: ReadableStream<Uint8Array>): AsyncGenerator<PaymentPage> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const messages = text.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      if (message.startsWith('data: ')) yield JSON.parse(message.slice('data: '.length))
    }
  }
}
