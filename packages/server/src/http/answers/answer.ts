import type { Refusal } from './refusal.ts'

/** A success: its status, its body and the headers beyond those of every answer. */
export interface Answer {
  readonly refusal?: false
  readonly status: number
  /** An object, or the bytes of a first answer that is told again. */
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

export type Reply = Answer | Refusal

export function answer(
  status: number,
  body: object | string,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return headers ? { status, body, headers } : { status, body }
}
