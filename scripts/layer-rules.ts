import { posix } from 'node:path'
import { filesOf, referencesOf } from './layer-imports.ts'

/** Limit of sources in a folder, so that a reader can survey it. Unit tests do not count. */
const sourcesPerFolderMax = 12

const testPattern = /\.test\.[cm]?[jt]sx?$/
const ownNamePattern = /^@hedgepayments\/server(?:\/|$)/

/** The sources that are checked. */
export const sourceGlob = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}'

/**
 * Reads the list of folders from the code block below the heading "Layers", top to bottom. The first
 * word of a line is a folder below `packages/server/src`, or a file.
 *
 * @throws if the list is missing, or contains a folder twice.
 */
export function parseLayers(document: string): string[] {
  const block = /^#+ Layers$[\s\S]*?^```[a-z]*\n([\s\S]*?)^```/m.exec(document)?.[1]
  if (block === undefined) throw new Error('ARCHITECTURE.md has no code block below "Layers"')
  const layers = block
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '')
    .map((name) => name.replace(/\/$/, ''))
  const twice = layers.find((name, i) => layers.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`the list of layers contains ${twice} twice`)
  return layers
}

/**
 * Finds all violations of the rules, one line each. `files` are sources by their path below
 * `packages/server/src`. The list is a strict order, so every cycle between folders has an upward import.
 * Unit tests follow the same direction.
 */
export function violations(
  layers: readonly string[],
  files: ReadonlyMap<string, string>,
): string[] {
  const layerOf = (path: string) => (layers.includes(path) ? path : posix.dirname(path))
  const isUpward = (from: string, to: string) => isAbove(layers, layerOf(to), layerOf(from))
  const imports = [...files].flatMap(([path, text]) =>
    importViolations(path, text, files, isUpward),
  )
  const used = new Set([...files.keys()].map(layerOf))
  const sources = [...files.keys()].filter((path) => !testPattern.test(path))
  return [
    ...new Set(imports),
    ...unlisted(layers, files, layerOf),
    ...crowded(layers, sources.map(layerOf)),
    ...layers
      .filter((layer) => !used.has(layer))
      .map((layer) => `${layer}: in the list of layers, but the folder does not exist`),
  ].sort()
}

/** The paths outside of `packages/server/src` that a file may name, relative to it. */
const outside: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  { from: testPattern, to: /^\.\.\/\.\.\/\.\.\/tests\/support\// },
  // The server reads the built pages from the folders of the apps, and never runs them.
  { from: /^http\/web-folder\.ts$/, to: /^\.\.\/\.\.\/\.\.\/apps\// },
]

function importViolations(
  path: string,
  text: string,
  files: ReadonlyMap<string, string>,
  isUpward: (from: string, to: string) => boolean,
): string[] {
  const { relative, others } = referencesOf(path, text)
  const upward = relative
    .flatMap((reference) => filesOf(reference, files.keys()))
    .filter((imported) => isUpward(path, imported))
    .map((imported) => `${path}: imports ${imported}, which is above it`)
  const leaving = relative
    .map(({ target }) => target)
    .filter((target) => target.startsWith('../'))
    .filter((target) => !outside.some(({ from, to }) => from.test(path) && to.test(target)))
    .map((target) => `${path}: names ${target}, which is outside of packages/server/src`)
  const byName = others
    .filter((literal) => ownNamePattern.test(literal))
    .map(() => `${path}: imports its own package by name, and so the entry above it`)
  return [...upward, ...leaving, ...byName]
}

function isAbove(layers: readonly string[], layer: string, other: string): boolean {
  const [rank, otherRank] = [layers.indexOf(layer), layers.indexOf(other)]
  return rank >= 0 && otherRank >= 0 && rank < otherRank
}

function unlisted(
  layers: readonly string[],
  files: ReadonlyMap<string, string>,
  layerOf: (path: string) => string,
): string[] {
  return [...files.keys()]
    .filter((path) => !layers.includes(layerOf(path)))
    .map((path) => `${path}: the folder ${layerOf(path)} is not in the list of layers`)
}

/** The layers with too many sources. `layersOfSources` has one item for each source. */
function crowded(layers: readonly string[], layersOfSources: readonly string[]): string[] {
  return layers
    .map((layer) => ({ layer, size: layersOfSources.filter((other) => other === layer).length }))
    .filter(({ size }) => size > sourcesPerFolderMax)
    .map(
      ({ layer, size }) => `${layer}: ${size} sources, at most ${sourcesPerFolderMax} are allowed`,
    )
}
