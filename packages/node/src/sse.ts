/** One message of a stream of server-sent events. */
export interface StreamMessage {
  /** The last `id` that was sent, with this message or before it. */
  id: string | undefined
  data: string
}

/** A message larger than this is no event of ours, and must not fill the memory. */
const messageCharactersMax = 16 * 1024 * 1024

/**
 * Reads the messages of a stream of server-sent events, as the HTML standard says: lines end with
 * LF, CRLF or CR, an empty one ends a message, one that begins with a colon is a sign of life.
 * `onLife` is told of everything that comes.
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  onLife: () => void,
): AsyncGenerator<StreamMessage, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let id: string | undefined
  let data: string[] = []
  let characters = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onLife()
      rest += decoder.decode(value, { stream: true })
      if (rest.length > messageCharactersMax) throw new Error('a line of the stream has no end')
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
        if (characters > messageCharactersMax) throw new Error('a message of the stream has no end')
        const { name, text } = fieldOf(line)
        if (name === 'data') data.push(text)
        else if (name === 'id' && !text.includes('\0')) id = text
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** A CR at the very end may be half of a CRLF: it waits for what follows. */
const lineEnd = /\r\n|\n|\r(?!$)/

function fieldOf(line: string): { name: string; text: string } {
  const colon = line.indexOf(':')
  if (colon === -1) return { name: line, text: '' }
  return { name: line.slice(0, colon), text: line.slice(colon + 1).replace(/^ /, '') }
}
