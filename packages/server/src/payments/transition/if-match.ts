/**
 * Versions that an If-Match header accepts, `null` for any. Weak tags and tags that are not ours
 * match nothing, as the header compares strongly. Source: RFC 9110, section 13.1.1.
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

/** Whether a version is none of those that an If-Match header accepts. */
export function isStale(header: string | null, version: number): boolean {
  return parseIfMatch(header)?.includes(version) === false
}
