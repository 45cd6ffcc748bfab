import { createHash, randomBytes } from 'node:crypto'
import type { HedgePayments } from '@hedgepayments/node'
import { CliError, exitCodes } from '../exit-codes.ts'
import { forgetOldest } from './forget-oldest.ts'

/** The validity of a confirmation: enough time to read a dry run. */
export const confirmationMs = 5 * 60_000

/** Limit of stored confirmations. A new one replaces the oldest, whose token is then unknown. */
const keptMax = 1_000

/** The change that a confirmation allows. The call that uses it must have the same three parts. */
export interface Binding {
  readonly action: string
  /** A hash of the server and the key. */
  readonly account: string
  /** The arguments as canonical JSON, without the token. */
  readonly args: string
}

/** The state that the dry run saw, so that the change happens in this state only. */
export interface Pin {
  /** The ETag of the payment. */
  readonly ifMatch?: string | undefined
  /** Only payments created until this time. */
  readonly createdUntil?: string | undefined
}

interface Confirmation extends Binding {
  readonly pin: Pin
  readonly expiresMs: number
  state: 'unused' | 'in use' | 'used'
}

/** The confirmations that the dry runs of one MCP server gave. They end with its process. */
export class Confirmations {
  readonly #kept = new Map<string, Confirmation>()
  readonly #nowMs: () => number

  /** `nowMs`: a clock that never goes back, in milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Creates a token for one change. */
  issue(binding: Binding, pin: Pin): string {
    const token = `confirm_${randomBytes(16).toString('hex')}`
    const expiresMs = this.#nowMs() + confirmationMs
    this.#kept.set(token, { ...binding, pin, expiresMs, state: 'unused' })
    forgetOldest(this.#kept, keptMax)
    return token
  }

  /**
   * Takes a token for its change, and returns the state to check. Call `finish` or `release` afterwards.
   *
   * @throws {CliError} if the token is unknown, used, expired, or belongs to another change.
   */
  take(token: string, binding: Binding): Pin {
    const found = this.#kept.get(token)
    if (!found) throw refusal('unknown', 'No dry run of this MCP server gave this token.')
    for (const part of ['action', 'account', 'args'] as const) {
      if (found[part] !== binding[part]) throw refusal('mismatch', mismatches[part](found))
    }
    if (found.state === 'used') {
      throw refusal('used', 'A token is valid once. See the result with explain_payment.')
    }
    if (found.state === 'in use') throw refusal('in_use', 'The first call with it still runs.')
    if (this.#nowMs() >= found.expiresMs) {
      throw refusal('expired', `A token is valid for ${confirmationMs / 60_000} minutes.`)
    }
    found.state = 'in use'
    return found.pin
  }

  /** The change was carried out or refused: the token is used. */
  finish(token: string): void {
    this.#set(token, 'used')
  }

  /** The result is unknown: the same call may be repeated with the token. */
  release(token: string): void {
    this.#set(token, 'unused')
  }

  #set(token: string, state: Confirmation['state']): void {
    const found = this.#kept.get(token)
    if (found) found.state = state
  }
}

const mismatches = {
  action: ({ action }: Binding) => `The token was given for ${action}.`,
  account: () => 'The token was given for another API key or server.',
  args: ({ args }: Binding) => `The token was given for these arguments: ${args}.`,
} as const

function refusal(kind: string, why: string): CliError {
  const message = `Nothing was changed. The confirmation_token is not accepted: ${why} ${advice}`
  return new CliError(exitCodes.refused, `confirmation_${kind}`, message)
}

const advice = 'For a new token, call the dry run again with the same arguments.'

/** The account of a client, as a hash of its server and its key. */
export function accountOf(hedge: HedgePayments, apiSecret: string): string {
  return hash(JSON.stringify([hedge.baseUrl, apiSecret]))
}

/** Arguments as JSON with sorted keys. Equal arguments have equal texts. */
export function canonical(args: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(args, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

/** SHA-256, hexadecimal. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
