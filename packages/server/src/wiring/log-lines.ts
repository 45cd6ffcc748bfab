import { styleText } from 'node:util'

/** Of pino's levels, the words; the numbers are part of its format. */
const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/**
 * An entry of the log as a line for a person at a terminal: `10:32:00 info the database was
 * migrated`, the fields behind it. Programs get the JSON itself. What is no entry stays as it is.
 */
export function renderLogLine(json: string, { colours }: { colours: boolean }): string {
  const entry = parse(json)
  if (entry === null) return json
  const { level, time, pid: _pid, msg, err, ...fields } = entry
  const word = levels[Number(level)] ?? String(level)
  const isTrouble = Number(level) >= 40
  const paint = (style: 'dim' | 'yellow', text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const head = paint(isTrouble ? 'yellow' : 'dim', `${String(time).slice(11, 19)} ${word}`)
  const line = [head, msg, paint('dim', facts.join(' '))].filter(Boolean).join(' ')
  return `${line}${stackOf(err)}\n`
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const entry: unknown = JSON.parse(json)
    return typeof entry === 'object' && entry !== null ? { ...entry } : null
  } catch {
    return null
  }
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null) return ''
  const { stack, message } = err as { stack?: unknown; message?: unknown }
  return `\n  ${String(stack ?? message ?? JSON.stringify(err))}`
}
