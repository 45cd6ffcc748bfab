/** Text by name, a list of the values of a name that comes more than once, or an object of either. */
export type QueryValue = string | QueryValue[] | { [key: string]: QueryValue }

/**
 * Reads a query in the form of the API: `name=value`, `name[key]=value` one level deep, and
 * `name[]=value` for a list. Whatever a caller may call a key stays its name, `__proto__` and `7`
 * too: only the operation's schema says what is a list and what is known.
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

/** A name, and the key in its brackets where there is one. */
type Name = readonly [name: string, key?: string]

/**
 * Clients write the brackets as they are or encoded. Where they are written as they are, brackets
 * that belong to the key itself are encoded, so the two can be told apart; `a[b][c]` is no name.
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
  const known = query[name]
  const isObject = typeof known === 'object' && !Array.isArray(known)
  const object: { [key: string]: QueryValue } = isObject ? known : Object.create(null)
  object[key] = joined(object[key], value)
  // Beside a value without a key it is a list of both, which nothing takes.
  if (!isObject) query[name] = known === undefined ? object : joined(known, object)
}

function joined(known: QueryValue | undefined, value: QueryValue): QueryValue {
  if (known === undefined) return value
  if (!Array.isArray(known)) return [known, value]
  known.push(value)
  return known
}

/** What cannot be decoded stays as it is. */
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}
