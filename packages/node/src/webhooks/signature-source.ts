/**
 * The value of the header `X-Hedge-Signature`, or all headers of the request: those of Node and
 * Express (`request.headers`) or of `fetch` (`Headers`).
 */
export type SignatureSource =
  | string
  | readonly string[]
  | null
  | undefined
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null }
