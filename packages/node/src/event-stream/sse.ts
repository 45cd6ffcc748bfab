import type { StreamBody } from '../attempt/attempt.ts'
import { InvalidResponseError } from '../errors.ts'

/** One message of a stream of server-sent events. */
export interface StreamMessage {
  /** The last `id` of the stream, from this message or an earlier one. */
  id: string | undefined
  data: string
}

/** A larger message is not an event, and must not fill the memory. */
const messageCharactersMax = 16 * 1024 * 1024

/**
 * Parses a stream of server-sent events. Lines end with LF, CRLF or CR. An empty line ends a message.
 * A line that begins with a colon is a heartbeat. Calls `onData` for everything that arrives.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html.
 */
export async function* readMessages(
  body: StreamBody,
  onData: () => void,
): AsyncGenerator<StreamMessage, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let id: string | undefined
  let data: string[] = []
  let characters = 0
  for await (const chunk of chunksOf(body)) {
    onData()
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (rest.length > messageCharactersMax) throw unreadableStream('a line has no end')
    const lines = rest.split(lineEnd)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') }
        data = []
        characters = 0
        continue
      }
      characters += line.length
      if (characters > messageCharactersMax) throw unreadableStream('a message has no end')
      const { name, text } = fieldOf(line)
      if (name === 'data') data.push(text)
      else if (name === 'id' && !text.includes('\0')) id = text
    }
  }
}

/** The error of a stream that breaks its format. A new connection would get the same. */
export function unreadableStream(reason: string): InvalidResponseError {
  return new InvalidResponseError(`the stream of events cannot be read: ${reason}`, {
    code: 'unexpected_response',
    status: 200,
  })
}

/** The parts of a body, as they arrive. Ends the body if the caller stops early. */
async function* chunksOf(body: StreamBody): AsyncGenerator<Uint8Array | string, void, undefined> {
  if (!('getReader' in body)) {
    yield* body
    return
  }
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** A CR at the end may be the first half of a CRLF, so it waits for the next chunk. */
const lineEnd = /\r\n|\n|\r(?!$)/

function fieldOf(line: string): { name: string; text: string } {
  const colon = line.indexOf(':')
  if (colon === -1) return { name: line, text: '' }
  return { name: line.slice(0, colon), text: line.slice(colon + 1).replace(/^ /, '') }
}
