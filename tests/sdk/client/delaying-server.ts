import { createServer } from 'node:http'
import { listen } from './listen.ts'

/**
 * A server that delays its answers, before the headers or within the body, until `/release` is requested. It
 * never completes the answer to `/hang`. It closes with the test.
 */
export async function startDelaying(part: 'headers' | 'body'): Promise<string> {
  const pending: (() => void)[] = []
  const server = createServer((request, response) => {
    if (request.url === '/release') {
      for (const answer of pending) answer()
      response.end()
      return
    }
    const payment = JSON.stringify({ id: 'pay_1', object: 'payment' })
    if (part === 'body') response.write(payment.slice(0, 5))
    if (request.url === '/hang') return
    pending.push(() => response.end(part === 'body' ? payment.slice(5) : payment))
  })
  return await listen(server)
}
