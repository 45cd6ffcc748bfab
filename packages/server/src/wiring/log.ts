import { styleText } from 'node:util'
import { type DestinationStream, type Logger, pino } from 'pino'

/**
 * Creates a logger that writes to standard error: JSON lines, or readable lines if it is a terminal.
 *
 * @param level of pino: `info`, `warn`, `silent` and so on.
 */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'req.headers.authorization',
          'req.headers.cookie',
          '*.authorization',
          '*.secret_key',
          '*.customer_email',
          '*.acceptance',
          '*.card_number',
        ],
        censor: '[redacted]',
      },
    },
    destination(),
  )
}

function destination(): DestinationStream {
  const lines = pino.destination({ fd: 2, sync: true })
  if (!process.stderr.isTTY) return lines
  const colours = process.stderr.hasColors()
  return { write: (json) => lines.write(renderLogLine(json, { colours })) }
}

/** The names of pino's levels by their numbers in its format. */
const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/**
 * Renders a log entry for a terminal: `10:32:00 info the database was migrated`, followed by its
 * fields. Text that is no entry stays unchanged.
 */
export function renderLogLine(json: string, { colours }: { colours: boolean }): string {
  const entry = parse(json)
  if (entry === null) return json
  const { level, time, pid: _pid, msg, err, ...fields } = entry
  const name = levels[Number(level)] ?? String(level)
  const isTrouble = Number(level) >= 40
  const paint = (style: 'dim' | 'yellow', text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const head = paint(isTrouble ? 'yellow' : 'dim', `${String(time).slice(11, 19)} ${name}`)
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
