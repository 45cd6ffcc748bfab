import { usageError } from '../exit-codes.ts'
import type { ApiDocument, Operation } from './document.ts'

/** An operation, and the values of its path parameters as far as they are given in the path. */
export interface Match {
  readonly operation: Operation
  readonly pathValues: Readonly<Record<string, string>>
}

/** The most operations that an error suggests. */
const suggestionsMax = 5

/** Finds an operation by its id. @throws {CliError} that names similar operations. */
export function findById({ operations }: ApiDocument, id: string): Match {
  const operation = operations.find((each) => each.id.toLowerCase() === id.toLowerCase())
  if (operation) return { operation, pathValues: {} }
  const similar = closest(operations, (each) => distance(each.id.toLowerCase(), id.toLowerCase()))
  throw usageError(`The API has no operation "${id}".`, suggest(similar))
}

/**
 * Finds the operation of a method and a path: a real one, or one with parameters in braces.
 *
 * @throws {CliError} that names the methods of the path, or similar paths.
 */
export function findByPath({ operations }: ApiDocument, method: string, path: string): Match {
  const ofPath = operations.flatMap((operation) => {
    const pathValues = match(operation.path, path)
    return pathValues ? [{ operation, pathValues }] : []
  })
  // `/v1/payments/cancel` also fits `/v1/payments/{id}`. The path without parameters wins, as on the server.
  const fitting = ofPath.filter(({ operation }) => operation.method === method)
  const found = leastValues(fitting)
  if (found) return found
  const best = leastValues(ofPath)
  if (best) {
    const methods = ofPath.map(({ operation }) => operation.method)
    throw usageError(
      `${best.operation.path} has no ${method}. It has ${[...new Set(methods)].join(', ')}.`,
    )
  }
  const similar = closest(operations, (each) => pathDistance(each, method, path))
  throw usageError(`The API has no path ${path}.`, suggest(similar))
}

function leastValues(matches: readonly Match[]): Match | undefined {
  const count = ({ pathValues }: Match) => Object.keys(pathValues).length
  return matches.toSorted((one, other) => count(one) - count(other))[0]
}

/** The values of the path parameters; `null` if the path does not fit. `{id}` in the path gives no value. */
function match(template: string, path: string): Record<string, string> | null {
  const expected = template.split('/')
  const given = path.split('/')
  if (expected.length !== given.length) return null
  const values: Record<string, string> = {}
  for (const [index, part] of expected.entries()) {
    const value = given[index] ?? ''
    const name = /^\{(.+)\}$/.exec(part)?.[1]
    if (name === undefined ? value !== part : value === '') return null
    if (name !== undefined && value !== part) values[name] = decode(value)
  }
  return values
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw usageError(`"${text}" is not correctly percent-encoded.`)
  }
}

function closest(
  operations: readonly Operation[],
  distanceOf: (operation: Operation) => number,
): Operation[] {
  const ranked = operations.map((operation) => ({ operation, far: distanceOf(operation) }))
  ranked.sort((one, other) => one.far - other.far)
  return ranked.slice(0, suggestionsMax).map(({ operation }) => operation)
}

/** A distance of paths: different segments count most, then different letters, then the method. */
function pathDistance(operation: Operation, method: string, path: string): number {
  const given = path.replace(/^\/?(v1\/)?/, '/v1/').split('/')
  const expected = operation.path.split('/')
  let far = Math.abs(given.length - expected.length) * 8
  for (const [index, part] of expected.entries()) {
    const value = given[index]
    if (value !== undefined && !part.startsWith('{')) far += Math.min(8, distance(part, value))
  }
  return far + (operation.method === method ? 0 : 0.5)
}

function suggest(operations: readonly Operation[]): string {
  const lines = operations.map(({ method, path, id }) => `  ${method} ${path}  (${id})`)
  return `Similar operations:\n${lines.join('\n')}\nList all with: hedge api --list`
}

/** The Levenshtein distance: how many letters have to change. */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...one].entries()) {
    const current = [row + 1]
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (other[column - 1] === letter ? 0 : 1)
      const added = (current[column - 1] ?? 0) + 1
      current.push(Math.min(replaced, added, (previous[column] ?? 0) + 1))
    }
    previous = current
  }
  return previous[other.length] ?? 0
}
