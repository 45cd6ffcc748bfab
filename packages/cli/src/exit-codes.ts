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

/** The HTTP statuses of each code. All other 4xx are a wrong request, all other statuses any other error. */
const statusesOf = {
  refused: [409, 412],
  notFound: [404],
  auth: [401, 403],
  // 507 is a full disk; 520 to 524 are answers of Cloudflare instead of the server.
  connection: [408, 425, 429, 502, 503, 504, 507, 520, 521, 522, 523, 524],
} as const satisfies Partial<Record<keyof typeof exitCodes, readonly number[]>>

const codeOfStatus = new Map<number, ExitCode>(
  Object.entries(statusesOf).flatMap(([name, statuses]) =>
    statuses.map((status) => [status, exitCodes[name as keyof typeof statusesOf]]),
  ),
)

const listed = (name: keyof typeof statusesOf) => statusesOf[name].join(', ')

export const exitCodesHelp = `
Exit codes:
  0  success, also if Ctrl-C ends a command that runs until Ctrl-C
  1  any other error, a failed check of doctor or verify, or failures of several kinds
  2  wrong command line, environment or request, or a missing confirmation (every other HTTP 4xx)
  3  refused, because of the payment's state (HTTP ${listed('refused')}, and a refund above the remainder)
  4  not found (HTTP ${listed('notFound')})
  5  no key, a wrong key, or a missing scope (HTTP ${listed('auth')})
  6  the server is unreachable or cannot answer now (HTTP ${listed('connection')})
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
  const wrongRequest = status >= 400 && status <= 499 ? exitCodes.usage : exitCodes.error
  return codeOfStatus.get(status) ?? wrongRequest
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
