/** A text, a list for a name that occurs more than once, or an object for names with keys. */
export type QueryValue = string | QueryValue[] | { [key: string]: QueryValue }

/**
 * Parses the query syntax of the API: `name=value`, `name[key]=value` one level deep, and
 * `name[]=value` for a list. Every key is taken literally, also `__proto__` and `7`. The operation's
 * schema decides later which names exist and which are lists.
 */
export function parseQuery(text: string): { [name: string]: QueryValue } {
  const query: { [name: string]: QueryValue } = Object.create(null)
  for (const pair of text.split('&')) {
    if (pair === '') continue
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

function put(query: { [name: string]: QueryValue }, [name, key]: Name, value: string): void {
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

/** A text with invalid percent-encoding stays as it is. */
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}
