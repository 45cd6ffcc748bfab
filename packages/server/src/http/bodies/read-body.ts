import type { IncomingMessage } from 'node:http'
import { errorCodes, type FastifyRequest } from 'fastify'
import { RefusalError } from '../answers/refusal.ts'
import { bodyBytesFree, bufferBudgetExceeded } from '../limits/buffer-budget.ts'
import type { Permits } from '../limits/semaphore.ts'
import { readHeader } from '../request/headers.ts'
import { inviteBody } from './expect-continue.ts'

/**
 * Reads a body into memory, up to the limit of its route and the caller's part of the buffer budget.
 *
 * @throws {FastifyError} when the body is too large, or has another length than its header says.
 * @throws {RefusalError} when the caller has used its part of the buffer budget.
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
    let reserved: Permits | null = null
    body.on('data', onData).on('end', onEnd).on('error', onError).resume()

    function onData(chunk: Buffer): void {
      received += chunk.length
      if (received > limit) stop(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
      else if (received <= bodyBytesFree || reserve(chunk.length)) chunks.push(chunk)
      else stop(new RefusalError(bufferBudgetExceeded()))
    }

    function reserve(bytes: number): boolean {
      if (reserved) return reserved.grow(bytes)
      reserved = request.server.bufferBudget.reserveForResponse(request, received)
      return reserved !== null
    }

    function onEnd(): void {
      removeListeners()
      resolve(chunks)
    }

    function onError(error: Error): void {
      stop(error)
    }

    /** The rest of the body is read and dropped, until the connection is closed. */
    function stop(error: Error): void {
      removeListeners()
      chunks.length = 0
      reserved?.release()
      reject(error)
    }

    function removeListeners(): void {
      body.off('data', onData).off('end', onEnd).off('error', onError)
      // A later error has no one to report to. Without a listener it would end the process.
      body.on('error', () => undefined)
    }
  })
}
