import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type OutputOptions } from 'rolldown'
import type { BuiltPackage } from './packages.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

/**
 * Bundles the sources of a package into a folder, by default `dist`, as plain JavaScript with source maps.
 * The dependencies of its package.json remain imports, unless `inlined` names them. Private packages become part of the bundle.
 */
export async function bundle(
  folder: string,
  built: BuiltPackage,
  target: string = join(folder, 'dist'),
): Promise<void> {
  const { entries, formats, platform, programs = [], inlined = [] } = built
  const { dependencies = {} } = await readManifest(folder)
  const names = Object.keys(dependencies).filter((name) => !inlined.includes(name))
  const isDependency = (id: string) =>
    names.some((name) => id === name || id.startsWith(`${name}/`))
  for (const format of formats) {
    await build({
      input: Object.fromEntries(
        Object.entries(entries)
          .filter(([name]) => format === 'esm' || !programs.includes(name))
          .map(([name, source]) => [name, join(folder, source)]),
      ),
      platform,
      external: (id: string) => id.startsWith('node:') || isDependency(id),
      output: outputOf(target, format),
      logLevel: 'warn',
    })
  }
}

function outputOf(target: string, format: 'esm' | 'cjs'): OutputOptions {
  const extension = format === 'esm' ? 'js' : 'cjs'
  return {
    dir: target,
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name]-[hash].${extension}`,
    sourcemap: true,
    exports: 'named',
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
}
