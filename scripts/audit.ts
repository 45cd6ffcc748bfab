// `npm run audit`: whether the registry knows of holes in what is shipped.
//
// Ends with 0: nothing high or critical; 1: something is; 2: nobody was asked. The last is no pass:
// mirrors often have no such endpoint, and npm says 1 for that as well as for a hole.

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
  /** Advisories, and names of the dependencies that bring one in. */
  readonly via: readonly (string | { readonly title: string; readonly url: string })[]
}
interface Refusal {
  readonly message?: string
  readonly statusCode?: number
  readonly error?: { readonly summary?: string }
}

const grave: readonly string[] = ['high', 'critical']
const noSuchEndpoint: readonly number[] = [404, 405, 501]
/** An advisory is a kilobyte; npm's answer is of thousands at most. */
const outputBytesMax = 64 * 1024 * 1024

// From the lockfile alone, so that nothing has to be installed. `--offline=false`: with that set in
// somebody's configuration npm asks nobody, and reports that nothing was found.
const { stdout } = spawnSync(
  'npm',
  ['audit', '--json', '--omit=dev', '--package-lock-only', '--offline=false'],
  { encoding: 'utf8', maxBuffer: outputBytesMax, stdio: ['ignore', 'pipe', 'ignore'] },
)
const answer = parse(stdout)
process.exitCode = isReport(answer) ? tell(answer) : tellUnasked(answer)

function tell({ vulnerabilities, metadata }: Report): number {
  const found = Object.values(vulnerabilities)
  for (const { name, severity, range, via } of found) {
    console.log(`${severity}: ${name} ${range}`)
    for (const cause of via) {
      console.log(typeof cause === 'string' ? `  by ${cause}` : `  ${cause.title}: ${cause.url}`)
    }
  }
  const graves = found.filter(({ severity }) => grave.includes(severity))
  const { prod } = metadata.dependencies
  console.log(
    `${prod} packages that are shipped: ${graves.length} with a high or critical advisory`,
  )
  return graves.length === 0 ? 0 : 1
}

function tellUnasked({ statusCode, message, error }: Refusal): number {
  const said = message ?? error?.summary ?? 'npm said nothing'
  console.error(
    statusCode !== undefined && noSuchEndpoint.includes(statusCode)
      ? `Not audited: this registry has no audit endpoint (${said}). Ask one that has, for example: npm run audit --registry=<its address>`
      : `Not audited: the registry could not be asked (${said}).`,
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
