import { secretKey } from '../database/store.ts'

/** Sends one request to a server of the run, and returns the body. @throws for a refusal. */
export async function api<T>(
  port: number,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secretKey}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

interface Cancellation {
  id: string
  status: string
  canceled: number
}

/** Runs a bulk cancellation until it is completed. */
export async function cancelInBulk(port: number, filter: object): Promise<{ canceled: number }> {
  const { id } = await api<Cancellation>(port, 'POST', '/v1/cancellations', { filter })
  for (;;) {
    const cancellation = await api<Cancellation>(port, 'GET', `/v1/cancellations/${id}`)
    if (cancellation.status === 'completed') return { canceled: cancellation.canceled }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
