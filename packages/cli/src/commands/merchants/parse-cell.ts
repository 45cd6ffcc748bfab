import { InvalidArgumentError } from 'commander'

/** The name of a cell in the proxy's map: one word. */
export function parseCell(value: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value)) return value
  throw new InvalidArgumentError('Expected the name of a backend: letters, digits, ".", "_", "-".')
}
