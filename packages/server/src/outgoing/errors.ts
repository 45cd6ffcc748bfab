/** The phase of a call. */
export type Phase = 'lookup' | 'connect' | 'tls' | 'response'

/** Thrown when no response arrived before the deadline. */
export class DeadlineError extends Error {
  readonly phase: Phase
  readonly deadlineMs: number

  constructor(phase: Phase, deadlineMs: number) {
    super(`no ${phase} within ${deadlineMs} ms`)
    this.name = 'DeadlineError'
    this.phase = phase
    this.deadlineMs = deadlineMs
  }
}

/** Thrown when this process stops before a response arrived. */
export class CallStoppedError extends Error {
  constructor() {
    super('the call was stopped')
    this.name = 'CallStoppedError'
  }
}

/** Thrown when a server sends too many informational responses (1xx) and no final one. */
export class TooManyInformationalError extends Error {
  constructor() {
    super('too many informational responses')
    this.name = 'TooManyInformationalError'
  }
}

/** Thrown when a host's address is in a private network. */
export class ForbiddenAddressError extends Error {
  constructor() {
    super('the address is not a public one')
    this.name = 'ForbiddenAddressError'
  }
}

/** Explains to the merchant why no response arrived. The text reveals nothing about this network. */
export function explain(error: unknown): string {
  if (error instanceof ForbiddenAddressError) return `Not sent: ${error.message}.`
  if (error instanceof DeadlineError) {
    return `${lateness[error.phase]} within ${error.deadlineMs / 1_000} seconds.`
  }
  if (error instanceof TooManyInformationalError) {
    return 'Only informational responses (1xx) came, and too many of them.'
  }
  const { code = '' } = error as { code?: string }
  const reason = reasons[code]
  if (reason !== undefined) return reason
  if (code.startsWith('HPE_')) return `The response is not valid HTTP (${code}).`
  return `The connection failed${code ? ` (${code})` : ''}.`
}

const lateness: Readonly<Record<Phase, string>> = {
  lookup: 'The name of the host was not resolved',
  connect: 'No connection',
  tls: 'No TLS handshake',
  response: 'No answer',
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was reset before an answer came.',
  ENOTFOUND: 'The name of the host does not exist.',
  ENODATA: 'The name of the host has no address.',
  EAI_AGAIN: 'The name of the host could not be looked up.',
  ECANCELLED: 'The name of the host could not be looked up.',
  ETIMEOUT: 'The name of the host could not be looked up.',
  ESERVFAIL: 'The name of the host could not be looked up.',
  EREFUSED: 'The name of the host could not be looked up.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network of the host cannot be reached.',
  ETIMEDOUT: 'The connection timed out.',
  EPIPE: 'The connection was closed before the event was sent.',
  HPE_HEADER_OVERFLOW: 'The headers of the response are larger than 16 KiB.',
}
