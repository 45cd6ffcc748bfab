import {
  ApiError,
  AuthenticationError,
  ConfigurationError,
  ConnectionError,
  HedgeError,
  InvalidArgumentError,
  InvalidRequestError,
  NotFoundError,
  PermissionError,
  SignatureVerificationError,
} from '@hedgepayments/node'

/** What a script learns from `$?`. Stable: a number never changes its meaning. */
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

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitCodesHelp = `
Exit codes:
  0  done
  1  something went wrong
  2  the command line or the request is wrong, or a confirmation is missing
  3  refused: the payment's state does not allow it (HTTP 409, 412)
  4  not found
  5  no key, a wrong key, or one without the scope (HTTP 401, 403)
  6  the server cannot be reached, or cannot answer now (HTTP 429, 502, 503, 504)
  130  interrupted with Ctrl-C`

/** The exit code for something that was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode
  if (!(error instanceof HedgeError)) return exitCodes.error
  if (error instanceof ConfigurationError) return exitCodes.auth
  if (error instanceof ConnectionError) return exitCodes.connection
  if (error instanceof AuthenticationError) return exitCodes.auth
  if (error instanceof PermissionError) return exitCodes.auth
  if (error instanceof NotFoundError) return exitCodes.notFound
  if (error instanceof InvalidArgumentError) return exitCodes.usage
  if (error instanceof SignatureVerificationError) return exitCodes.error
  if (error.code === 'refund_amount_exceeded') return exitCodes.refused
  if (error instanceof InvalidRequestError) return exitCodes.usage
  if (error instanceof ApiError) return exitCodeOfStatus(error.status)
  return exitCodes.error
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 409 || status === 412) return exitCodes.refused
  if ([429, 502, 503, 504].includes(status)) return exitCodes.connection
  return exitCodes.error
}

/** Something the command itself has to say no to. The message is for people, one sentence. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  /** For programs, beside the API's own codes. */
  readonly code: string

  constructor(exitCode: ExitCode, code: string, message: string) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.code = code
  }
}

/** A command line that cannot be carried out as it is. */
export function usageError(message: string): CliError {
  return new CliError(exitCodes.usage, 'usage', message)
}
