import { createServer } from 'node:net'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { createPaid } from '../support/payments/paid.ts'

/** The real values for the addresses, keys and ids in documents. */
export interface Names {
  readonly url: string
  readonly secretKey: string
  readonly publishableKey: string
  readonly merchantId: string
  readonly endpointId: string
  /** The port of a document's own receiver. */
  readonly port: number
  readonly api: Api
}

/** Creates a merchant for one document, with an endpoint that does not exist. */
export async function makeNames(stage: { url: string; secretKey: string }): Promise<Names> {
  const administrator = apiClient(stage.url, stage.secretKey)
  const { body: merchant } = await administrator('POST', '/v1/merchants', {
    body: { name: 'A reader' },
  })
  const key = merchant.api_keys.find(({ livemode }: { livemode: boolean }) => !livemode)
  const api = apiClient(stage.url, key.secret_key)
  const port = await findFreePort()
  const { body: endpoint } = await api('POST', '/v1/webhooks/endpoints', {
    body: { url: 'https://nobody.invalid/', events: ['payment.settled'] },
  })
  return {
    url: stage.url,
    secretKey: key.secret_key,
    publishableKey: key.publishable_key,
    merchantId: merchant.id,
    endpointId: endpoint.id,
    port,
    api,
  }
}

/**
 * Puts real names into one block. `pay_abc123xyz` becomes a pending payment, `pay_def456uvw` a paid one,
 * both new for each block.
 */
export async function putNames(code: string, names: Names): Promise<string> {
  const pending = code.includes('pay_abc123xyz') ? await createPayment(names.api) : null
  const paid = code.includes('pay_def456uvw') ? await createPaid(names.api) : null
  return code
    .replaceAll('pay_abc123xyz', pending?.id ?? '')
    .replaceAll('pay_def456uvw', paid?.id ?? '')
    .replaceAll('whe_abc123xyz', names.endpointId)
    .replaceAll('merch_abc123xyz', names.merchantId)
    .replaceAll('sk_test_…', names.secretKey)
    .replaceAll('http://127.0.0.1:4000', names.url)
    .replaceAll(/\b3000\b/g, String(names.port))
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address === 'object' && address) return address.port
  throw new Error('there is no free port')
}
