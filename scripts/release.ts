// `node scripts/release.ts v0.2.0`: checks before a release that every package has the version of the tag,
// that packages depend on each other in this version, and that the changelog describes it.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

type Manifest = {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

const [tag = ''] = process.argv.slice(2)
const version = /^v(\d+\.\d+\.\d+)$/.exec(tag)?.[1]
const faults =
  version === undefined ? [`the tag is ${tag || 'missing'}: expected v0.2.0`] : findFaults(version)
for (const fault of faults) console.error(fault)
if (faults.length === 0)
  console.log(`${tag}: all packages have this version, and the changelog describes it`)
process.exitCode = faults.length === 0 ? 0 : 1

function findFaults(version: string): string[] {
  const manifests = globSync('packages/*/package.json', { cwd: root })
    .map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest)
    .filter((manifest) => !manifest.private)
  const names = manifests.map(({ name }) => name)
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  return [
    ...manifests.flatMap(({ name, version: found, dependencies = {} }) => [
      ...(found === version ? [] : [`${name} has version ${found}: expected ${version}`]),
      ...Object.entries(dependencies)
        .filter(([needed, range]) => names.includes(needed) && range !== version)
        .map(([needed, range]) => `${name} depends on ${needed} ${range}: expected ${version}`),
    ]),
    ...(changelog.includes(`\n## ${version}\n`)
      ? []
      : [`CHANGELOG.md has no heading "## ${version}"`]),
  ]
}
