import type { FastifyRequest } from 'fastify'

/** Aborts when the request has waited for `waitMsMax`, or when its client has hung up. */
export function endOfWait({ response }: FastifyRequest, waitMsMax: number): AbortSignal {
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), waitMsMax).unref()
  response?.once('close', () => {
    clearTimeout(timer)
    end.abort()
  })
  return end.signal
}
