// `npm run audit`: asks the registry for vulnerabilities of the shipped packages.
//
// Exit codes: 0: none is high or critical; 1: at least one is; 2: the registry did not answer. npm exits
// with 1 in both bad cases, and mirrors often have no audit endpoint.

import { spawnSync } from 'node:child_process'

interface Report {
  readonly auditReportVersion?: number
  readonly vulnerabilities: Readonly<Record<string, Vulnerability>>
  readonly metadata: { readonly dependencies: { readonly prod: number } }
}
interface Vulnerability {
  readonly name: string
  readonly severity: string
  readonly range: string
  /** Advisories, or names of vulnerable dependencies. */
  readonly via: readonly (string | { readonly title: string; readonly url: string })[]
}
interface Refusal {
  readonly message?: string
  readonly statusCode?: number
  readonly error?: { readonly summary?: string }
}

const seriousSeverities: readonly string[] = ['high', 'critical']
const noSuchEndpoint: readonly number[] = [404, 405, 501]
/** Thousands of advisories, a kilobyte each. */
const outputBytesMax = 64 * 1024 * 1024

// Reads the lockfile only, so it needs no installation. With `offline` in the user's configuration npm
// would send no request and report no vulnerabilities.
const { stdout } = spawnSync(
  'npm',
  ['audit', '--json', '--omit=dev', '--package-lock-only', '--offline=false'],
  { encoding: 'utf8', maxBuffer: outputBytesMax, stdio: ['ignore', 'pipe', 'ignore'] },
)
const answer = parse(stdout)
process.exitCode = isReport(answer) ? report(answer) : reportUnaudited(answer)

function report({ vulnerabilities, metadata }: Report): number {
  const found = Object.values(vulnerabilities)
  for (const { name, severity, range, via } of found) {
    console.log(`${severity}: ${name} ${range}`)
    for (const cause of via) {
      console.log(typeof cause === 'string' ? `  by ${cause}` : `  ${cause.title}: ${cause.url}`)
    }
  }
  const serious = found.filter(({ severity }) => seriousSeverities.includes(severity))
  const { prod } = metadata.dependencies
  console.log(
    `${prod} packages that are shipped: ${serious.length} with a high or critical advisory`,
  )
  return serious.length === 0 ? 0 : 1
}

function reportUnaudited({ statusCode, message, error }: Refusal): number {
  const reason = message ?? error?.summary ?? 'npm printed nothing'
  console.error(
    statusCode !== undefined && noSuchEndpoint.includes(statusCode)
      ? `Not audited: this registry has no audit endpoint (${reason}). Use another registry: npm run audit --registry=<its address>`
      : `Not audited: the registry did not answer (${reason}).`,
  )
  return 2
}

function isReport(given: Report | Refusal): given is Report {
  return 'auditReportVersion' in given
}

function parse(text: string): Report | Refusal {
  try {
    return JSON.parse(text) as Report | Refusal
  } catch {
    return {}
  }
}
