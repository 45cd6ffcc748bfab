import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allDocuments, fileOf, parseBlocks, readDocument } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

interface Link {
  readonly text: string
  readonly target: string
}

describe('every link to the repository has an existing target', () => {
  test.each(allDocuments)('%s', (path) => {
    const broken = linksOf(path).filter(({ target }) => {
      const [file = '', anchor] = target.split('#')
      const place = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(root, place))) return true
      return anchor !== undefined && !anchorsOf(place).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

describe('every source file that a document names exists', () => {
  const sources = globSync('{apps,bench,examples,packages,scripts,tests}/**/*.{ts,tsx}', {
    cwd: root,
    exclude: (path) => path.endsWith('node_modules'),
  })
  const names = new Set(sources.map((path) => basename(path)))

  test.each(allDocuments)('%s', (path) => {
    const madeByReaders = parseBlocks(readDocument(path)).map(fileOf)
    const missing = namedFiles(path, 'ts|tsx').filter((named) => {
      if (madeByReaders.includes(named)) return false
      return named.includes('/') ? !existsInSources(named) : !names.has(named)
    })
    expect(missing).toEqual([])
  })

  test('ARCHITECTURE.md names every file by its path', () => {
    const named = namedFiles('ARCHITECTURE.md', 'ts|tsx|js|json')
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((path) => !existsInSources(path))).toEqual([])
  })
})

function namedFiles(document: string, extensions: string): string[] {
  const named = readDocument(document).matchAll(
    new RegExp(`\`([\\w./-]+\\.(?:${extensions}))\``, 'g'),
  )
  return [...named].map(([, path = '']) => path)
}

/** Documents name a file by its path in the repository, or in the sources of the server. */
function existsInSources(path: string): boolean {
  return existsSync(join(root, path)) || existsSync(join(root, 'packages/server/src', path))
}

describe('SECURITY.md', () => {
  const named = linksOf('SECURITY.md')

  test('names only existing tests, by their titles', () => {
    expect(named.length).toBeGreaterThan(40)
    const missing = named.filter(({ text, target }) => !titlesOf(target).includes(text))
    expect(missing).toEqual([])
  })

  test('names a test for every defence', () => {
    const rows = readDocument('SECURITY.md')
      .split('\n')
      .filter((line) => /^\| [^*]/.test(line) && !line.startsWith('| threat') && line !== '| | |')
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter((line) => !line.includes('.test.ts)'))).toEqual([])
  })
})

/** Links and images to files and headings of the repository. Links to other sites are left out. */
function linksOf(path: string): Link[] {
  const prose = readDocument(path).replaceAll(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)]
    .map(([, text = '', target = '']) => ({ text, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(path: string): string[] {
  return [...readFileSync(join(root, path), 'utf8').matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
  )
}

/** Titles of the tests of a file: the first string of each call of `test`. */
function titlesOf(path: string): string[] {
  const source = readFileSync(join(root, path), 'utf8')
  const calls =
    /\btest(?:\.(?:skipIf|runIf)\([^\n]*?\)(?=\(|\.each))?(?:\.each\([\s\S]*?\))?\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g
  return [...source.matchAll(calls)].map(([, , title = '']) => title.replaceAll('\\', ''))
}
