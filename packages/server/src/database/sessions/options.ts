import { AddressError } from '../hosts/address.ts'
import type { Settings } from './settings.ts'

/**
 * Reads the settings of an address's `options`, in the format of libpq: `-c name=value`,
 * `--name=value`, and `\` before a space of a value. They are set by a statement, because PgBouncer
 * refuses them at the start of a connection.
 *
 * @throws {AddressError} for an option that sets nothing.
 */
export function readOptions(options: string): Settings {
  const settings: Record<string, string> = {}
  const parts = [...options.matchAll(/(?:\\.|\S)+/gs)].map(([part]) =>
    part.replace(/\\(.)/gs, '$1'),
  )
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? ''
    const given = part === '-c' ? parts[++at] : /^(?:-c|--)(.+)$/s.exec(part)?.[1]
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(given ?? '') ?? []
    if (name === undefined || value === undefined) {
      throw new AddressError('options: expected settings like -c search_path=pay.')
    }
    settings[name.replaceAll('-', '_')] = value
  }
  return settings
}

/** Adds settings that the server needs to those of an address. The names of settings have no case. */
export function overrideSettings(given: Settings, needed: Settings): Settings {
  const names = new Set(Object.keys(needed).map((name) => name.toLowerCase()))
  const kept = Object.entries(given).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...needed }
}
