// `node apps/docs/src/build.ts`: builds the documentation site into `apps/docs/dist`, from `docs/`, other
// Markdown files of the repository, and the OpenAPI document.

import { globSync, readFileSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import Eleventy, { type EleventyConfig } from '@11ty/eleventy'
import type MarkdownIt from 'markdown-it'
import { build } from 'rolldown'
import { base } from './addresses.ts'
import { Assets } from './assets.ts'
import { Links } from './links.ts'
import { createMarkdown, type Part, partsOf } from './markdown.ts'
import { type Page, readSections } from './pages.ts'
import { type Reference, readReference } from './reference/reference.ts'
import { buildSearchIndex } from './search-index.ts'

const app = join(import.meta.dirname, '..')
const output = join(app, 'dist')

interface ReadPage extends Page {
  readonly parts: readonly Part[]
}

await rm(output, { recursive: true, force: true })
const assets = new Assets(output)
const sections = readSections()
const markdown = createMarkdown(
  new Links(
    sections.flatMap((section) => section.pages),
    assets,
  ),
)
const pages = sections
  .flatMap((section) => section.pages)
  .map((page) => ({ ...page, parts: partsOf(markdown.parse(page.markdown, page)) }))
const reference = readReference()
const files = {
  script: assets.add('site.js', await bundleScript()),
  style: assets.add('site.css', readStyles()),
  icon: assets.add('icon.svg', readFileSync(join(import.meta.dirname, 'icon.svg'))),
  search: assets.add('search.json', buildSearchIndex(pages, reference)),
}
await writeSite({ markdown, pages, reference })
// The script of the pages contains this library, whose licence asks for its notice.
const license = new URL('../../LICENSE.txt', import.meta.resolve('minisearch'))
await copyFile(license, join(output, 'licenses.txt'))

interface Site {
  readonly markdown: MarkdownIt
  readonly pages: readonly ReadPage[]
  readonly reference: Reference
}

async function writeSite(site: Site): Promise<void> {
  // Eleventy takes paths from the current folder.
  const [input, folder] = [join(app, 'site'), output].map((path) => relative(process.cwd(), path))
  const eleventy = new Eleventy(input ?? '', folder ?? '', {
    quietMode: true,
    configPath: null,
    config: (eleventyConfig) => configure(eleventyConfig, site),
  })
  // Eleventy throws its errors. Its other output is only statistics.
  eleventy.disableLogger()
  await eleventy.write()
}

function configure(eleventyConfig: EleventyConfig, { markdown, pages, reference }: Site): object {
  const source = 'packages/contract/openapi.json'
  eleventyConfig.setLibrary('md', markdown)
  eleventyConfig.addFilter('markdown', (text) => markdown.renderInline(text, { source }))
  for (const [filter, language] of [
    ['command', 'bash'],
    ['json', 'json'],
  ] as const) {
    eleventyConfig.addFilter(filter, (text) =>
      markdown.render(`\`\`\`${language}\n${text}\n\`\`\``, { source }),
    )
  }
  eleventyConfig.addGlobalData('sections', sections)
  eleventyConfig.addGlobalData('reference', reference)
  eleventyConfig.addGlobalData('files', files)
  eleventyConfig.addGlobalData('base', base)
  for (const { markdown: content, url, ...page } of pages) {
    const name = url.slice(base.length + 1) || 'index'
    const data = { ...page, address: url, layout: 'guide.njk', permalink: `/${name}.html` }
    eleventyConfig.addTemplate(`guides/${name}.md`, content, data)
  }
  return { markdownTemplateEngine: false, htmlTemplateEngine: false }
}

/** Bundles the script of the pages. */
async function bundleScript(): Promise<string> {
  const { output: chunks } = await build({
    input: join(import.meta.dirname, 'browser/site.ts'),
    platform: 'browser',
    output: { minify: true, format: 'esm' },
    write: false,
    logLevel: 'warn',
  })
  return chunks[0].code
}

function readStyles(): string {
  const paths = globSync('styles/*.css', { cwd: import.meta.dirname }).sort()
  return paths.map((path) => readFileSync(join(import.meta.dirname, path), 'utf8')).join('\n')
}
