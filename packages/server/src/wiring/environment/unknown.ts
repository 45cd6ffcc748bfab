import type { Environment } from './read.ts'
import { variableList } from './variables.ts'

/** Variables that the clients read, which often share an environment with the server. */
const variablesOfClients = [
  'HEDGE_BASE_URL',
  'HEDGE_WEBHOOK_SECRET',
  'HEDGE_PROCESSOR_SECRET_KEY',
  'HEDGE_PROCESSOR_WEBHOOK_SECRET',
]

/**
 * The names of variables that begin like those of Hedge, and that nothing reads. They are often mistyped: a
 * server without its `HEDGE_ENCRYPTION_KEY` stores secrets in plain text.
 */
export function findUnknownVariables(env: Environment): string[] {
  const readNames = new Set([...variableList.map(([name]) => name), ...variablesOfClients])
  return Object.keys(env)
    .filter((name) => name.startsWith('HEDGE_') && !readNames.has(name))
    .sort()
}
