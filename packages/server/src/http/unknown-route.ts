import { allOperations, groupBy } from '@hedgepayments/contract'
import type { FastifyRequest } from 'fastify'
import { type Refusal, refuse } from './answers/refusal.ts'

/** Paths with their methods. Paths without parameters come first, as in the router. */
const paths = [...groupBy(allOperations, (operation) => operation.path)]
  .map(([path, group]) => ({
    shape: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
    parameters: path.split(':').length,
    methods: [...new Set(group.map((operation) => operation.method))].sort().join(', '),
  }))
  .sort((a, b) => a.parameters - b.parameters)

/** The refusal of a request without a route: 405 with the methods of the path, or 404. */
export function refuseUnknownRoute(request: FastifyRequest): Refusal {
  const path = request.url.split('?', 1)[0] ?? ''
  const found = paths.find(({ shape }) => shape.test(path))
  if (!found) return refuse('not_found', 'There is no such path.')
  const refusal = refuse(
    'method_not_allowed',
    `${request.method} is not allowed here. Allowed: ${found.methods}.`,
  )
  return { ...refusal, headers: { allow: found.methods } }
}
