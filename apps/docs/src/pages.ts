import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { base, slugOf } from './addresses.ts'

/** The folder of the repository. */
export const root = join(import.meta.dirname, '../../..')

/** A Markdown file, and its page in the site. */
export interface Page {
  /** Path of the Markdown file, from the folder of the repository. */
  readonly source: string
  /** Path of the page on the server, without a slash at its end. */
  readonly url: string
  readonly title: string
  /** What the navigation calls the page. */
  readonly label: string
  readonly markdown: string
}

/** A group of pages in the navigation. */
export interface Section {
  readonly title: string
  readonly pages: readonly Page[]
}

/** The order of the navigation. Files of `docs/` that are not named here follow in "More guides". */
const outline: readonly (readonly [title: string, sources: readonly string[]])[] = [
  [
    'Start here',
    [
      'docs/README.md',
      'docs/for-integrators.md',
      'docs/for-support-agents.md',
      'docs/for-operators.md',
      'docs/for-contributors.md',
    ],
  ],
  [
    'Build',
    [
      'docs/quick-start.md',
      'docs/canceling-payments.md',
      'docs/why-cancel-is-right.md',
      'docs/capturing-payments.md',
      'docs/disputes.md',
      'docs/payments-that-need-attention.md',
      'docs/webhooks.md',
      'docs/sandbox.md',
      'docs/testing-your-shop.md',
      'docs/generating-a-client.md',
      'docs/mcp.md',
      'examples/express-shop/README.md',
    ],
  ],
  [
    'Packages',
    [
      'packages/node/README.md',
      'packages/cli/README.md',
      'packages/testing/README.md',
      'packages/server/README.md',
    ],
  ],
  [
    'Operate',
    [
      'docs/running-in-production.md',
      'docs/alerts.md',
      'docs/scaling.md',
      'docs/cells.md',
      'docs/erasing-personal-data.md',
      'docs/configuration.md',
      'docs/going-live-with-stripe.md',
      'deploy/README.md',
      'SECURITY.md',
      'CHANGELOG.md',
    ],
  ],
  ['More guides', []],
  [
    'Contribute',
    [
      'CONTRIBUTING.md',
      'ARCHITECTURE.md',
      'docs/writing-a-processor.md',
      'bench/README.md',
      'bench/RESULTS.md',
    ],
  ],
]

/** Names and labels of pages whose file is named after its kind, not after its content. */
const named: Readonly<Record<string, { readonly name: string; readonly label: string }>> = {
  'docs/README.md': { name: '', label: 'Overview' },
  'packages/node/README.md': { name: 'node-sdk', label: 'SDK' },
  'packages/cli/README.md': { name: 'cli', label: 'Command line' },
  'packages/testing/README.md': { name: 'testing', label: 'Test suites' },
  'packages/server/README.md': { name: 'server', label: 'Server' },
  'examples/express-shop/README.md': { name: 'example-shop', label: 'Example shop' },
  'deploy/README.md': { name: 'deploy', label: 'Deploy' },
  'bench/README.md': { name: 'benchmark', label: 'Benchmarks' },
  'bench/RESULTS.md': { name: 'benchmark-results', label: 'Benchmark results' },
}

/** Reads all pages, in the order of the navigation. @throws if a file is missing or has no title. */
export function readSections(): Section[] {
  const placed = outline.flatMap(([, sources]) => sources)
  const others = globSync('docs/*.md', { cwd: root }).filter((path) => !placed.includes(path))
  return outline
    .map(([title, sources]) => ({
      title,
      pages: (title === 'More guides' ? others.sort() : sources).map(readPage),
    }))
    .filter(({ pages }) => pages.length > 0)
}

function readPage(source: string): Page {
  const markdown = readFileSync(join(root, source), 'utf8')
  const title = /^# (.+)$/m.exec(markdown)?.[1]
  if (title === undefined) throw new Error(`${source} has no title: expected a line "# Title"`)
  const { name, label } = named[source] ?? { name: slugOf(basename(source, '.md')), label: title }
  return { source, url: name === '' ? base : `${base}/${name}`, title, label, markdown }
}
