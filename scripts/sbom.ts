// `npm run --silent sbom`: lists the packages that run in production, with licences and hashes, as
// CycloneDX.
//
// `npm sbom --omit dev` leaves out every development dependency of the root, also one that the server
// needs (for example pg). So npm lists everything, and this script removes the development packages.

import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'

type Component = {
  'bom-ref': string
  name: string
  properties?: readonly { name: string; value: string }[]
}
type Bom = {
  metadata: { component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn?: string[] }[]
}

const developmentMark = 'cdx:npm:package:development'
/** Workspaces under `tests/` are never shipped. */
const testWorkspaces = globSync('tests/*/package.json').map((path) => readName(path))
/** npm's list of all packages is a few megabytes. */
const outputBytesMax = 64 * 1024 * 1024

const everything = execFileSync(
  'npm',
  ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'],
  { encoding: 'utf8', maxBuffer: outputBytesMax, stdio: ['ignore', 'pipe', 'inherit'] },
)
console.log(JSON.stringify(named(withoutTools(JSON.parse(everything) as Bom)), null, 2))

function withoutTools(bom: Bom): Bom {
  const tools = new Set(bom.components.filter(isTool).map((component) => component['bom-ref']))
  const runs = (ref: string) => !tools.has(ref)
  return {
    ...bom,
    components: bom.components.filter((component) => runs(component['bom-ref'])),
    dependencies: bom.dependencies
      .filter(({ ref }) => runs(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: (dependsOn ?? []).filter(runs) })),
  }
}

/** npm names local packages by their folder. The root's folder differs from clone to clone. */
function named(bom: Bom): Bom {
  const rename = (component: Component): Component => ({
    ...component,
    name: component['bom-ref'].replace(/(?<=.)@.*$/, ''),
  })
  return {
    ...bom,
    metadata: { ...bom.metadata, component: rename(bom.metadata.component) },
    components: bom.components.map(rename),
  }
}

/** Reads npm's mark for packages that only development needs. Workspaces have no such mark. */
function isTool({ 'bom-ref': ref, properties = [] }: Component): boolean {
  if (testWorkspaces.some((name) => ref.startsWith(`${name}@`))) return true
  return properties.some(({ name, value }) => name === developmentMark && value === 'true')
}

function readName(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { name: string }).name
}
