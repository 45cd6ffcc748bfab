import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Sends bytes unchanged, for requests that no HTTP client sends. Returns everything that the server
 * sends until it closes the connection.
 */
export async function sendRaw(url: string, request: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  socket.write(request)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** The status and the JSON of an answer that `sendRaw` got. */
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
export function readRaw(answer: string): { status: number; head: string; body: any } {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: JSON.parse(body) }
}
