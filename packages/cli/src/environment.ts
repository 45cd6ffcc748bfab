import { usageError } from './exit-codes.ts'

/** The environment of a process, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a variable. A value that is set but empty is an error: a secret that did not arrive must not
 * look like a choice, for example of the bundled database.
 *
 * @throws {CliError} for an empty value.
 */
export function readVariable(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  if (value === '') throw usageError(`${name} is set but empty. Give it a value, or unset it.`)
  return value
}

/** Checks the value of an option. @throws {CliError} for an empty value. */
export function requireValue(value: string | undefined, option: string): void {
  if (value?.trim() === '') throw usageError(`${option} is empty: expected a value.`)
}
