import {
  ApiError,
  ConfigurationError,
  ConnectionError,
  HedgeError,
  InvalidArgumentError,
} from '@hedgepayments/node'

/** The exit codes. A number never changes its meaning. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  auth: 5,
  connection: 6,
  interrupted: 130,
} as const

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit codes, for the help of the program. */
export const exitCodesHelp = `
Exit codes:
  0  success, also if Ctrl-C ends a command that runs until Ctrl-C
  1  any other error, a failed check of doctor, or failures of several kinds
  2  wrong command line or request, or a missing confirmation (HTTP 400, 405, 413, 415, 422)
  3  refused, because of the payment's state (HTTP 409, 412, and a refund above the remainder)
  4  not found (HTTP 404)
  5  no key, a wrong key, or a missing scope (HTTP 401, 403)
  6  the server is unreachable or cannot answer now (HTTP 429, 502, 503, 504)
  130  interrupted with Ctrl-C`

/** The exit code of an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode
  if (!(error instanceof HedgeError)) return exitCodes.error
  if (error instanceof ConfigurationError) return exitCodes.auth
  if (error instanceof ConnectionError) return exitCodes.connection
  if (error instanceof InvalidArgumentError) return exitCodes.usage
  if (error.code === 'refund_amount_exceeded') return exitCodes.refused
  if (error instanceof ApiError) return exitCodeOfStatus(error.status)
  return exitCodes.error
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.auth
  if (status === 404) return exitCodes.notFound
  if (status === 409 || status === 412) return exitCodes.refused
  if ([429, 502, 503, 504].includes(status)) return exitCodes.connection
  return status >= 400 && status <= 499 ? exitCodes.usage : exitCodes.error
}

/** The exit code of several failures: theirs if it is the same for all, else 1. */
export function exitCodeOfAll(errors: readonly unknown[]): ExitCode {
  const [code = exitCodes.ok, ...others] = new Set(errors.map(exitCodeOf))
  return others.length === 0 ? code : exitCodes.error
}

/** An error of the command itself. The message is one sentence, for people. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  /** A stable code for programs. The API has no error with this code. */
  readonly code: string
  /** What to do next; several lines are possible. */
  readonly hint: string | undefined

  constructor(exitCode: ExitCode, code: string, message: string, hint?: string) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.code = code
    this.hint = hint
  }
}

/** A wrong command line. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(exitCodes.usage, 'usage', message, hint)
}
