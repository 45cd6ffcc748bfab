/** Strings, with the colon after a name, and the braces of objects. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g

/**
 * The first field name that occurs twice in one object of a JSON text, or `null`. JSON.parse silently
 * keeps the last of two values, while another parser of the same bytes may keep the first.
 *
 * @param json valid JSON.
 */
export function repeatedField(json: string): string | null {
  // A text with one field has no repeated one.
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
