import { allOperations, type Operation, type Scope, scopesOf } from '@hedgepayments/contract'
import { type Refusal, refuse } from './answers/refusal.ts'
import type { Auth } from './request/auth.ts'

/** The scopes that every request of an operation needs. Computed once, as each request is checked. */
const scopesByOperation = new Map(
  allOperations.map((operation) => [operation, scopesOf(operation)]),
)

/** Refuses a key without the scopes that every request of the operation needs. */
export function checkScopes(operation: Operation, auth: Auth): Refusal | null {
  return refuseMissing(scopesByOperation.get(operation) ?? scopesOf(operation), auth)
}

/** Refuses a key without the scopes that the fields of the body need. */
export function checkScopesOfBody(operation: Operation, auth: Auth, body: unknown): Refusal | null {
  return operation.scopesOfBody ? refuseMissing(scopesOf(operation, body), auth) : null
}

/** Refuses a key that lacks one of the scopes. The refusal names all missing scopes. */
export function refuseMissing(scopes: readonly Scope[], auth: Auth): Refusal | null {
  if (scopes.every((scope) => auth.scopes.has(scope))) return null
  const missing = scopes.filter((scope) => !auth.scopes.has(scope))
  const [first = ''] = missing
  const noun = missing.length === 1 ? 'scope' : 'scopes'
  const message = `The API key lacks the ${noun} ${missing.join(', ')}.`
  return refuse('insufficient_permissions', message, {
    required_scope: first,
    missing_scopes: missing,
    scopes: [...auth.scopes],
  })
}
