// `npm run --silent sbom`: what runs in production, with licences and hashes, as CycloneDX.
//
// `npm sbom --omit dev` would leave out what the root names as a tool even where the server needs
// it as well (pg, for one). So npm lists everything, and what it marks as a tool is taken out.

import { execFileSync } from 'node:child_process'

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

/** npm calls what is not from a registry by its folder, which is called as whoever cloned it likes. */
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

/** By the mark that npm takes from the lockfile, where it knows all who need a package. */
function isTool({ properties = [] }: Component): boolean {
  return properties.some(({ name, value }) => name === developmentMark && value === 'true')
}
