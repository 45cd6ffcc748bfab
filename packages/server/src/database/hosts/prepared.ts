/** The names of the statements that are prepared, by their texts. */
const names = new Map<string, string>()

/**
 * Lets every connection parse and plan a statement once, for statements that are sent often. A name must
 * belong to one text only.
 *
 * @returns the text.
 */
export function prepared(name: string, text: string): string {
  names.set(text, name)
  return text
}

/** The name under which a connection prepares a statement; `undefined`: it is not prepared. */
export function preparedName(text: string): string | undefined {
  return names.get(text)
}
