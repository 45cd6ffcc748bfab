import { type DestinationStream, type Logger, pino } from 'pino'
import { renderLogLine } from './log-lines.ts'

/**
 * The log, on standard error, so that standard output stays for results: JSON lines, or lines to
 * read where standard error is a terminal.
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
