import type { Check } from '@hedgepayments/server/admin'
import { harmless, paint, type Style } from './terminal.ts'

const styles: Readonly<Record<Check['status'], Style>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
}

/** One check as lines: its status, name and finding, then what was expected and what to do. */
export function renderCheck(
  { name, status, found, expected, action }: Check,
  nameWidth: number,
): string {
  const lines = [
    `${paint(styles[status], status.padEnd(4))}  ${name.padEnd(nameWidth)}  ${harmless(found)}`,
  ]
  const indent = ' '.repeat(4 + 2 + nameWidth + 2)
  if (expected !== null) lines.push(`${indent}expected: ${harmless(expected)}`)
  if (action !== null) lines.push(`${indent}to do: ${harmless(action)}`)
  return lines.join('\n')
}
