import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import ini from 'highlight.js/lib/languages/ini'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import nginx from 'highlight.js/lib/languages/nginx'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import MarkdownIt, { type Options, type Token } from 'markdown-it'
import { slugOf } from './addresses.ts'
import type { Links } from './links.ts'

const languages = { bash, ini, javascript, json, nginx, sql, typescript }
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language)

/** Markdown as the site shows it. Its environment is the data of the page, with `source`. */
export function createMarkdown(links: Links): MarkdownIt {
  const markdown = new MarkdownIt({ highlight })
  addAnchors(markdown)
  demoteEmptyHeads(markdown)
  makeScrollable(markdown)
  resolveLinks(markdown, links)
  return markdown
}

/** A heading and the text below it, up to the next heading. */
export interface Part {
  /** The anchor. Empty for the text below the page's title. */
  readonly id: string
  readonly level: number
  readonly title: string
  readonly text: string
}

/** The headings of a page with their texts, for the table of contents and the search. */
export function partsOf(tokens: readonly Token[]): Part[] {
  const parts: (Part & { text: string })[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      const level = Number(token.tag.slice(1))
      const id = level === 1 ? '' : (token.attrGet('id') ?? '')
      parts.push({ id, level, title: textOf(tokens[index + 1]), text: '' })
    } else if (tokens[index - 1]?.type !== 'heading_open') {
      const last = parts.at(-1)
      if (last && (token.type === 'inline' || token.type === 'fence')) {
        last.text += `${textOf(token)}\n`
      }
    }
  }
  return parts
}

/** The text of a block, without its Markdown. */
function textOf(token: Token | undefined): string {
  if (!token?.children) return token?.content ?? ''
  return token.children.map(({ type, content }) => (type === 'softbreak' ? ' ' : content)).join('')
}

/** Colours code by classes: the site allows no inline styles. */
function highlight(code: string, info: string): string {
  const language = info.split(' ')[0] ?? ''
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : ''
}

/** Gives headings the same anchors as GitHub. A repeated heading gets a number. */
function addAnchors(markdown: MarkdownIt): void {
  markdown.core.ruler.push('anchors', ({ tokens }) => {
    const counts = new Map<string, number>()
    for (const [index, token] of tokens.entries()) {
      if (token.type !== 'heading_open') continue
      const slug = slugOf(textOf(tokens[index + 1]))
      const count = counts.get(slug) ?? 0
      counts.set(slug, count + 1)
      token.attrSet('id', count === 0 ? slug : `${slug}-${count}`)
    }
  })
}

/** Turns empty table heads into cells. Markdown tables always have heads, also empty ones. */
function demoteEmptyHeads(markdown: MarkdownIt): void {
  markdown.core.ruler.push('heads', ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      const [text, end] = [tokens[index + 1], tokens[index + 2]]
      if (token.type !== 'th_open' || !end || text?.content !== '') continue
      token.tag = 'td'
      end.tag = 'td'
    }
  })
}

/** Blocks that may be wider than the screen scroll, also by keyboard. */
function makeScrollable(markdown: MarkdownIt): void {
  const { rules } = markdown.renderer
  const fence = rules.fence
  rules.fence = (tokens, index, ...rest) => {
    const html = fence?.(tokens, index, ...rest) ?? ''
    return html.replace('<pre>', '<pre tabindex="0">')
  }
  rules.table_open = () =>
    '<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n'
  rules.table_close = () => '</table></div>\n'
}

interface Environment {
  readonly source: string
}

function resolveLinks(markdown: MarkdownIt, links: Links): void {
  const { rules } = markdown.renderer
  const image = rules.image
  rules.link_open = (tokens, index, options, env: Environment, self) => {
    const token = tokens[index]
    token?.attrSet('href', links.resolve(env.source, token.attrGet('href') ?? ''))
    return self.renderToken(tokens, index, options)
  }
  rules.image = (tokens, index, options: Options, env: Environment, self) => {
    const token = tokens[index]
    token?.attrSet('src', links.image(env.source, token.attrGet('src') ?? ''))
    token?.attrSet('loading', 'lazy')
    return image?.(tokens, index, options, env, self) ?? ''
  }
}
