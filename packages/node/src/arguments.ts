// Checks of what a program without types, or with wrong ones, passes.

import { InvalidArgumentError } from './errors.ts'

/** The error of a wrong argument. The message names the argument, what came and what was expected. */
export function invalidArgument(message: string): InvalidArgumentError {
  return new InvalidArgumentError(message, { code: 'invalid_argument' })
}

/** The kind of a value for a message: `a number`, `null`, `an array`. Never the value, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const name = classOf(value)
  if (name === '' || name === 'Object') return 'an object'
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
}

/** Whether a value has named properties. Lists have none. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Adds fields to parameters. Wrong parameters stay as they are, so that the request refuses them. */
export function withFields<P extends object, F extends object>(params: P, fields: F): P & F {
  return isObject(params ?? {}) ? { ...params, ...fields } : (params as P & F)
}

/**
 * Checks that the options are an object without unknown names.
 *
 * @returns why the options are wrong, with the name that was probably meant; `undefined`: they are right.
 */
export function findWrongName(options: unknown, names: readonly string[]): string | undefined {
  if (!isObject(options)) {
    return `the options must be an object with ${names.join(', ')}, but got ${kindOf(options)}`
  }
  const isUnknown = (name: string) => options[name] !== undefined && !names.includes(name)
  const unknown = Object.keys(options).find(isUnknown)
  if (unknown === undefined) return undefined
  const nearest = nearestOf(unknown, names)
  const hint = nearest ? `did you mean ${nearest}?` : `expected ${names.join(', ')}`
  return `there is no option ${unknown}: ${hint}`
}

/** The name that the author probably meant; `undefined` if none is near. */
function nearestOf(wrong: string, names: readonly string[]): string | undefined {
  const plain = plainOf(wrong)
  const part = names.find((name) => {
    const [long, short] = [plainOf(name), plain].sort((a, b) => b.length - a.length)
    return short !== undefined && short.length > 3 && long?.includes(short)
  })
  const distances = names.map((name) => [distance(plain, plainOf(name)), name] as const)
  const [near] = distances.sort(([one], [other]) => one - other)
  const isNear = near !== undefined && near[0] <= Math.max(2, Math.floor(plain.length / 4))
  return isNear && (near[0] === 0 || part === undefined) ? near[1] : part
}

function plainOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .slice(0, 40)
}

/** The number of letters to add, remove or replace between two texts (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n)
  for (const [n, letter] of [...one].entries()) {
    const next = [n + 1]
    for (const [m, target] of [...other].entries()) {
      const replaced = (row[m] ?? 0) + (letter === target ? 0 : 1)
      next.push(Math.min(replaced, (row[m + 1] ?? 0) + 1, (next[m] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}

function classOf(value: object): string {
  const { constructor: Class } = value
  return typeof Class === 'function' ? Class.name : ''
}
