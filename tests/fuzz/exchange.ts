import { connect } from 'node:net'

/** A request as it is sent. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | null
}

/** An answer as it was received. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Headers that define the end of a body. */
export const framing = /^(content-length|transfer-encoding)$/i
/** Time for an answer to a request that may be incomplete. */
const endMs = 100

/** Longer than any answer takes, even on a busy machine. A longer request hangs. */
const hangMs = 120_000

/**
 * Sends a request unchanged over its own connection, also a request that no HTTP client would send.
 * `null`: the server closed the connection without an answer. `hangs`: no answer came in time.
 */
export async function exchange(
  url: string,
  request: WireRequest,
): Promise<WireAnswer | 'hangs' | null> {
  const { hostname, port } = new URL(url)
  return await new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    const chunks: Buffer[] = []
    let seen = ''
    socket.setTimeout(hangMs, () => finish('hangs'))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      // A stream of events does not end, so its head is the answer.
      if (seen.length < 4_096) seen += chunk.toString('latin1')
      if (/\r\ncontent-type: text\/event-stream.*\r\n\r\n/is.test(seen)) finish()
    })
    // The server may close before the whole request was sent. Its answer before that counts.
    socket.on('error', () => undefined)
    socket.on('close', () => finish())
    socket.write(bytesOf(request))
    // If the headers announce more bytes than are sent, the connection must be ended.
    const lies = request.headers.some(([name]) => framing.test(name))
    const timer = lies ? setTimeout(() => socket.end(), endMs) : undefined

    function finish(hangs?: 'hangs'): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(hangs ?? parse(Buffer.concat(chunks)))
    }
  })
}

function bytesOf({ method, target, headers, body }: WireRequest): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: hedge',
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body ? [`Content-Length: ${body.length}`] : []),
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return body ? Buffer.concat([head, body]) : head
}

function parse(bytes: Buffer): WireAnswer | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return null
  // `100 Continue` is not the answer yet.
  if (bytes.toString('latin1', 0, 12) === 'HTTP/1.1 100') return parse(bytes.subarray(end + 4))
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return {
    status: Number(first.split(' ')[1]),
    headers,
    text: bytes.subarray(end + 4).toString(),
  }
}
