import type { FastifyReply } from 'fastify'
import type { Reply } from './answer.ts'
import { errorBody } from './refusal.ts'

/** Sends an answer or a refusal. */
export function send(reply: FastifyReply, result: Reply): FastifyReply {
  if (result.headers) reply.headers(result.headers)
  const body = result.refusal ? errorBody(result) : result.body
  return reply
    .code(result.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(typeof body === 'string' ? body : JSON.stringify(body))
}
