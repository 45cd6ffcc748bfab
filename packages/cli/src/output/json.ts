import { harmless, unicodeEscape, unsafeCharacters } from './terminal.ts'

/**
 * A value as JSON that is safe to print: also the control characters that JSON allows in strings (C1,
 * direction marks, line separators) are escaped. Programs read the same value.
 *
 * @param indent spaces per level; 0 for one line.
 */
export function toJson(value: unknown, indent: 0 | 2 = 0): string {
  // Such characters occur only within strings, where an escape has the same meaning. JSON.stringify
  // has escaped the line ends of strings, so those that are left are its own.
  return JSON.stringify(value, null, indent).replace(unsafeCharacters, (character) =>
    character === '\n' ? character : unicodeEscape(character),
  )
}

/** A copy of an API object whose texts, and names of fields, are safe to print. */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return harmless(value) as T
  if (Array.isArray(value)) return value.map(printable) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, item]) => [harmless(name), printable(item)])
  return Object.fromEntries(entries) as T
}
