import { join } from 'node:path'

/** The folder of the repository. */
export const root = join(import.meta.dirname, '../..')

/** A package that `npm publish` publishes, and how it is built into its `dist` folder. */
export interface BuiltPackage {
  readonly name: string
  /** Entry points: the name of the file in `dist`, and its source in the package. */
  readonly entries: Readonly<Record<string, string>>
  /** `esm` is `.js`. `cjs` is `.cjs`, for programs that still use `require`. */
  readonly formats: readonly ('esm' | 'cjs')[]
  /** Entries that Node runs as programs. They need no CommonJS build and no declarations. */
  readonly programs?: readonly string[]
  /** Whether it runs on Node only. The SDK also runs in browsers and on edge runtimes. */
  readonly platform: 'node' | 'neutral'
  /**
   * Dependencies of many small modules that become part of the bundle, because reading their files
   * takes most of the time of a start. They remain dependencies: the declarations refer to them.
   */
  readonly inlined?: readonly string[]
  /** The web apps that are part of the package, in `dist/web`. */
  readonly webApps: readonly string[]
}

const onNode = { formats: ['esm'], platform: 'node', webApps: [] } as const

/** In the order of their dependencies. Private packages are bundled into the packages that use them. */
export const builtPackages: readonly BuiltPackage[] = [
  {
    name: 'node',
    entries: { index: 'src/index.ts' },
    formats: ['esm', 'cjs'],
    platform: 'neutral',
    webApps: [],
  },
  {
    ...onNode,
    name: 'server',
    entries: { index: 'src/index.ts', admin: 'src/admin.ts', main: 'src/main.ts' },
    inlined: ['kysely', 'stripe', 'typebox'],
    webApps: ['dashboard', 'checkout', 'docs'],
  },
  { ...onNode, name: 'cli', entries: { main: 'src/main.ts' } },
  {
    ...onNode,
    name: 'testing',
    entries: { index: 'src/index.ts', host: 'src/host.ts' },
    formats: ['esm', 'cjs'],
    programs: ['host'],
  },
]
