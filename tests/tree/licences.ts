/** Licences that may be shipped with a server under Apache-2.0. None obliges those who run it. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])

export interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly license?: string; readonly dev?: boolean; readonly link?: boolean }>
  >
}

/** Locked and shipped packages whose licence is missing or not on the list. */
export function licenceOffences({ packages }: Lockfile): string[] {
  return Object.entries(packages)
    .filter(([, { dev, link }]) => !dev && !link)
    .filter(([, { license }]) => license === undefined || !isAllowed(license))
    .map(([path, { license }]) => `${path}: ${license ?? 'no licence'}`)
}

/**
 * Whether an SPDX expression allows a licence of the list. `AND` binds closer than `OR`. An expression
 * that cannot be parsed is refused. Source: SPDX specification 2.3, annex D.
 */
export function isAllowed(expression: string): boolean {
  const innermost = /\(([^()]*)\)/
  let rest = expression
  while (innermost.test(rest)) {
    rest = rest.replace(innermost, (_, inner: string) => (anyOf(inner) ? 'MIT' : 'none'))
  }
  return anyOf(rest)
}

function anyOf(expression: string): boolean {
  return expression
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((id) => allowed.has(id.trim())))
}
