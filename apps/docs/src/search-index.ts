import MiniSearch from 'minisearch'
import type { Part } from './markdown.ts'
import type { Page } from './pages.ts'
import type { Reference } from './reference/reference.ts'
import type { Field } from './reference/schema.ts'
import { searchOptions } from './search-options.ts'

/** A part of a page that the search finds. */
interface Entry {
  readonly id: string
  readonly page: string
  readonly title: string
  readonly text: string
  readonly excerpt: string
}

/** Longest excerpt under a result, in characters: two lines on a phone. */
const excerptLength = 140

/** The index of all pages as JSON, which the search of the site loads. */
export function buildSearchIndex(
  pages: readonly (Page & { readonly parts: readonly Part[] })[],
  reference: Reference,
): string {
  const index = new MiniSearch<Entry>(searchOptions)
  for (const { url, title, parts } of pages) {
    for (const part of parts) {
      index.add(entry(part.id ? `${url}#${part.id}` : url, title, part.title, part.text))
    }
  }
  for (const { url, title, operations } of reference.groups) {
    for (const { id, title: name, method, path, description, body } of operations) {
      const text = `${method} ${path}\n${description}\n${id} ${searchedTermsOf(body)}`
      index.add(entry(`${url}#${id}`, `API: ${title}`, name, text))
    }
  }
  const { webhooks } = reference
  for (const { id, title, description, bodyName, body } of webhooks.events) {
    const text = `${description}\n${id} ${bodyName} ${searchedTermsOf(body)}`
    index.add(entry(`${webhooks.url}#${id}`, 'API: Webhook events', title, text))
  }
  for (const { name, description, fields } of reference.objects) {
    const text = `${description}\n${searchedTermsOf(fields)}`
    index.add(entry(`${reference.objectsUrl}#${name}`, 'API: Objects', name, text))
  }
  return JSON.stringify(index)
}

/** The names of fields, and the values that they can have, such as the codes of errors. */
function searchedTermsOf(fields: readonly Field[]): string {
  return fields
    .flatMap(({ name, type, limits }) => [name, ...`${type} ${limits}`.matchAll(/`([^`]+)`/g)])
    .map((found) => (typeof found === 'string' ? found : found[1]))
    .join(' ')
}

function entry(id: string, page: string, title: string, text: string): Entry {
  const flat = text.replaceAll('`', '').replaceAll(/\s+/g, ' ').trim()
  const excerpt =
    flat.length > excerptLength ? `${flat.slice(0, excerptLength).replace(/ \S*$/, '')} …` : flat
  return { id, page, title, text, excerpt }
}
