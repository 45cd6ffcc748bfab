/** A response with its whole body. */
export interface TextResponse {
  readonly response: Response
  readonly text: string
}

/** Thrown when a body is larger than the caller allows. */
export class BodyTooLargeError extends Error {
  constructor(bytesMax: number) {
    super(`the body is larger than ${bytesMax} bytes`)
    this.name = 'BodyTooLargeError'
  }
}

/**
 * Makes a request and reads the whole response, up to `bytesMax`. The promise settles as soon as the
 * signal aborts, whatever `fetch` and the server do.
 *
 * @throws the signal's reason, `BodyTooLargeError`, or an error of `fetch`.
 */
export async function fetchText(
  input: string | URL | Request,
  init: RequestInit & { signal: AbortSignal },
  { bytesMax }: { bytesMax: number },
): Promise<TextResponse> {
  const { signal } = init
  let onAbort: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  const run = async () => {
    const response = await fetch(input, init)
    return { response, text: await readText(response, bytesMax) }
  }
  try {
    return await Promise.race([aborted, run()])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function readText({ body }: Response, bytesMax: number): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new TextDecoder().decode(Buffer.concat(chunks))
    bytes += value.length
    if (bytes > bytesMax) {
      // Not awaited, because closing the connection must not delay the caller.
      reader.cancel().catch(() => undefined)
      throw new BodyTooLargeError(bytesMax)
    }
    chunks.push(value)
  }
}
