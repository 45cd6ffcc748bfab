/**
 * The versions that an If-Match header accepts; `null`: any version. Weak tags and tags of another
 * shape match nothing, because If-Match compares strongly. Source: RFC 9110, section 13.1.1.
 */
export function parseIfMatch(header: string | null): number[] | null {
  if (header === null || header.trim() === '*') return null
  const versions: number[] = []
  for (const part of header.split(',')) {
    const version = /^"([1-9]\d{0,8})"$/.exec(part.trim())?.[1]
    if (version !== undefined) versions.push(Number(version))
  }
  return versions
}

/** Whether an If-Match header does not accept a version. */
export function isStale(header: string | null, version: number): boolean {
  return parseIfMatch(header)?.includes(version) === false
}
