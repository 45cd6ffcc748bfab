/** Strings with the colon that makes one a name, and the ends of objects. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g

/**
 * The first name that stands twice in one object of a JSON text, or `null`. JSON.parse keeps the last
 * of two values in silence, where another reader of the same bytes keeps the first.
 *
 * @param json a text that JSON.parse takes.
 */
export function repeatedField(json: string): string | null {
  // One name cannot stand twice.
  const colon = json.indexOf(':')
  if (colon === -1 || json.indexOf(':', colon + 1) === -1) return null
  const open: (Set<string> | null)[] = []
  for (const [text, isName] of json.matchAll(token)) {
    if (text === '{') open.push(null)
    else if (text === '}') open.pop()
    else if (isName !== undefined) {
      const name = JSON.parse(text.slice(0, -isName.length)) as string
      const names = open.at(-1) ?? new Set()
      if (names.has(name)) return name
      open[open.length - 1] = names.add(name)
    }
  }
  return null
}
