import type { Refusal } from './refusal.ts'

/** A successful answer. `headers` are added to those of every answer. */
export interface Answer {
  readonly refusal?: false
  readonly status: number
  /** An object, or the text of a stored answer that is replayed. */
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a handler returns. */
export type Reply = Answer | Refusal

/** Makes a successful answer. */
export function answer(
  status: number,
  body: object | string,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return headers ? { status, body, headers } : { status, body }
}
