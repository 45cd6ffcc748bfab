import { posix } from 'node:path'

/** A reader grasps a folder of this size at a glance. Unit tests do not count. */
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
  const rank = new Map(layers.map((name, i) => [name, i]))
  const layerOf = (path: string) => (rank.has(path) ? path : posix.dirname(path))
  const found: string[] = []
  const sizes = new Map<string, number>()
  const seen = new Set<string>()
  for (const [path, text] of files) {
    const layer = layerOf(path)
    const own = rank.get(layer)
    seen.add(layer)
    if (own === undefined) {
      found.push(`${path}: the folder ${layer} is not in the list of layers`)
      continue
    }
    if (path.endsWith('.test.ts')) continue
    sizes.set(layer, (sizes.get(layer) ?? 0) + 1)
    for (const imported of importsOf(path, text)) {
      if (!files.has(imported)) continue
      const other = rank.get(layerOf(imported))
      if (other !== undefined && other < own) {
        found.push(`${path}: imports ${imported}, which is above it`)
      }
    }
  }
  for (const [layer, size] of sizes) {
    if (size > sourcesPerFolderMax) {
      found.push(`${layer}: ${size} sources, at most ${sourcesPerFolderMax} are allowed`)
    }
  }
  for (const layer of layers) {
    if (!seen.has(layer))
      found.push(`${layer}: in the list of layers, but the folder does not exist`)
  }
  return found.sort()
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g

/** Resolves the relative imports of a source, of values and of types. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(importPattern)]
    .map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier))
}
