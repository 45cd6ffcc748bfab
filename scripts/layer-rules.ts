import { posix } from 'node:path'

/** Limit of sources in a folder, so that a reader can survey it. Unit tests do not count. */
const sourcesPerFolderMax = 12

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
 */
export function violations(
  layers: readonly string[],
  files: ReadonlyMap<string, string>,
): string[] {
  const sources = [...files.keys()].filter((path) => !path.endsWith('.test.ts'))
  const layerOf = (path: string) => (layers.includes(path) ? path : posix.dirname(path))
  const upward = sources.flatMap((path) =>
    importsOf(path, files.get(path) ?? '')
      .filter((imported) => files.has(imported))
      .filter((imported) => isAbove(layers, layerOf(imported), layerOf(path)))
      .map((imported) => `${path}: imports ${imported}, which is above it`),
  )
  const used = new Set([...files.keys()].map(layerOf))
  const byName = sources
    .filter((path) => ownNamePattern.test(files.get(path) ?? ''))
    .map((path) => `${path}: imports its own package by name, and so the entry above it`)
  return [
    ...upward,
    ...byName,
    ...unlisted(layers, files, layerOf),
    ...crowded(layers, sources.map(layerOf)),
    ...layers
      .filter((layer) => !used.has(layer))
      .map((layer) => `${layer}: in the list of layers, but the folder does not exist`),
  ].sort()
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

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g

const ownNamePattern = /\b(?:from|import)\s*\(?\s*'@hedgepayments\/server(?:\/[^']*)?'/

/** Resolves the relative imports of a source, of values and of types. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(importPattern)]
    .map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier))
}
