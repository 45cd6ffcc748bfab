/** The first part of a query whose percent-encoding is not UTF-8. `compileCheck` refuses it. */
export const invalidEncoding = Symbol('invalid encoding')

/** A part of a query that could not be decoded: its name, and all of it as it was sent. */
export interface InvalidPart {
  readonly name: string
  readonly text: string
}

/** A text, a list for a name that occurs more than once, or an object for names with keys. */
export type QueryValue = string | QueryValue[] | { [key: string]: QueryValue }

/** The values of a query by their names. */
export interface ParsedQuery {
  [name: string]: QueryValue
  [invalidEncoding]?: InvalidPart
}

/**
 * Parses the query syntax of the API: `name=value`, `name[key]=value` one level deep, and
 * `name[]=value` for a list. Every key is taken literally, also `__proto__` and `7`. The operation's
 * schema decides later which names exist and which are lists. A percent sign without two hexadecimal digits
 * is taken literally.
 */
export function parseQuery(text: string): ParsedQuery {
  const query: ParsedQuery = Object.create(null)
  for (const pair of text.split('&')) {
    if (pair === '') continue
    if (!isUtf8(pair)) {
      query[invalidEncoding] ??= { name: pair.split(/[=[]/, 1)[0] ?? '', text: pair }
      continue
    }
    const [name = '', ...rest] = pair.split('=')
    put(query, nameOf(name), decode(rest.join('=')))
  }
  return query
}

/** A name, and the key in its brackets if there are any. */
type Name = readonly [name: string, key?: string]

/**
 * Clients send the brackets literally or percent-encoded. With literal brackets, encoded ones belong
 * to the key. `a[b][c]` is not supported, and stays one name.
 */
function nameOf(text: string): Name {
  const plain = /^([^[\]]*)\[([^[\]]*)\]$/.exec(text)
  if (plain) return [decode(plain[1] ?? ''), decode(plain[2] ?? '')]
  const decoded = decode(text)
  if (text.includes('[')) return [decoded]
  const encoded = /^([^[]*)\[(.*)\]$/s.exec(decoded)
  return encoded ? [encoded[1] ?? '', encoded[2] ?? ''] : [decoded]
}

function put(query: ParsedQuery, [name, key]: Name, value: string): void {
  if (key === undefined) {
    query[name] = joined(query[name], value)
    return
  }
  if (key === '') {
    query[name] = joined(query[name] ?? [], value)
    return
  }
  const previous = query[name]
  const isObject = typeof previous === 'object' && !Array.isArray(previous)
  const object: { [key: string]: QueryValue } = isObject ? previous : Object.create(null)
  object[key] = joined(object[key], value)
  // `name=…&name[key]=…` becomes a list of both, which every schema refuses.
  if (!isObject) query[name] = previous === undefined ? object : joined(previous, object)
}

function joined(previous: QueryValue | undefined, value: QueryValue): QueryValue {
  if (previous === undefined) return value
  if (!Array.isArray(previous)) return [previous, value]
  previous.push(value)
  return previous
}

/** Whether the bytes that a text encodes are UTF-8. */
function isUtf8(text: string): boolean {
  try {
    decode(text)
    return true
  } catch {
    return false
  }
}

/** @throws {URIError} if the bytes that the text encodes are not UTF-8. */
function decode(text: string): string {
  const encoded = text.replaceAll('+', ' ').replaceAll(/%(?![\da-f]{2})/gi, '%25')
  return decodeURIComponent(encoded)
}
