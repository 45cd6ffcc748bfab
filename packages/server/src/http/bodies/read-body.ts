import type { IncomingMessage } from 'node:http'
import { errorCodes, type FastifyRequest } from 'fastify'
import { RefusalError } from '../answers/refusal.ts'
import { bodyBytesFree, tooMuchKept } from '../limits/held-bytes.ts'
import type { Reservation } from '../limits/places.ts'
import { readHeader } from '../request/headers.ts'
import { inviteBody } from './expect-continue.ts'

/**
 * Reads a body into memory: no more than its route takes, and no more than the caller may have kept.
 *
 * @throws {FastifyError} where it is too large, or has another length than it says.
 * @throws {RefusalError} where too much is kept for the caller already.
 */
export async function readBody(request: FastifyRequest, body: IncomingMessage): Promise<Buffer> {
  const limit = request.routeOptions.bodyLimit ?? 0
  const length = Number(readHeader(request, 'content-length'))
  if (length > limit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()
  inviteBody(request.raw)
  const chunks = await readChunks(request, body, limit)
  const bytes = Buffer.concat(chunks)
  if (!Number.isNaN(length) && bytes.length !== length) {
    throw new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH()
  }
  return bytes
}

function readChunks(
  request: FastifyRequest,
  body: IncomingMessage,
  limit: number,
): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let received = 0
    let kept: Reservation | null = null
    body.on('data', onData).on('end', onEnd).on('error', onError).resume()

    function onData(chunk: Buffer): void {
      received += chunk.length
      if (received > limit) stop(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
      else if (received <= bodyBytesFree || keep(chunk.length)) chunks.push(chunk)
      else stop(new RefusalError(tooMuchKept()))
    }

    function keep(bytes: number): boolean {
      if (kept) return kept.grow(bytes)
      kept = request.server.heldBytes.keep(request, received)
      return kept !== null
    }

    function onEnd(): void {
      removeListeners()
      resolve(chunks)
    }

    function onError(error: Error): void {
      stop(error)
    }

    /** What still comes is read and forgotten, until the connection is closed. */
    function stop(error: Error): void {
      removeListeners()
      chunks.length = 0
      kept?.release()
      reject(error)
    }

    function removeListeners(): void {
      body.off('data', onData).off('end', onEnd).off('error', onError)
      // An error that comes later has nobody to answer to.
      body.on('error', () => undefined)
    }
  })
}
