import MiniSearch, { type SearchResult } from 'minisearch'
import { searchOptions } from '../search-options.ts'

/** Limit of shown results, so that the reader need not scroll far. */
const resultsMax = 12

/** The parts of the search on a page. */
interface Parts {
  readonly form: HTMLFormElement
  readonly input: HTMLInputElement
  readonly panel: HTMLElement
  readonly count: HTMLElement
  readonly list: HTMLElement
}

/** Searches while a reader types. The index is loaded when the field gets the focus. */
export function startSearch(form: HTMLFormElement): void {
  const parts = findParts(form)
  let index: Promise<MiniSearch> | null = null
  const load = () => {
    index ??= loadIndex(form.dataset.index ?? '').catch((error: unknown) => {
      index = null
      throw error
    })
    return index
  }
  const update = () =>
    load().then(
      (loaded) => show(parts, loaded),
      () => showText(parts, 'The search could not be loaded. Type again to retry.'),
    )
  parts.input.addEventListener('focus', () => void load().catch(() => undefined))
  parts.input.addEventListener('input', () => void update())
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void update().then(() => linksOf(parts)[0]?.click())
  })
  addKeys(parts)
  addClosing(parts)
}

function findParts(form: HTMLFormElement): Parts {
  const find = (selector: string) => {
    const element = form.querySelector<HTMLElement>(selector)
    if (!element) throw new Error(`the search has no ${selector}`)
    return element
  }
  return {
    form,
    input: find('input') as HTMLInputElement,
    panel: find('.results'),
    count: find('.count'),
    list: find('ul'),
  }
}

async function loadIndex(address: string): Promise<MiniSearch> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`${address}: status ${response.status}`)
  return MiniSearch.loadJSON(await response.text(), searchOptions)
}

/** Shows the results for the field's current text. */
function show(parts: Parts, index: MiniSearch): void {
  const query = parts.input.value.trim()
  parts.panel.hidden = query === ''
  if (query === '') return
  const results = index.search(query)
  const shown = results.slice(0, resultsMax)
  parts.list.replaceChildren(...shown.map(renderResult))
  parts.count.textContent = describeCount(results.length, shown.length)
}

function describeCount(found: number, shown: number): string {
  if (found === 0) return 'Nothing found'
  if (found > shown) return `${shown} of ${found} results`
  return found === 1 ? '1 result' : `${found} results`
}

function showText({ panel, count, list }: Parts, text: string): void {
  panel.hidden = false
  list.replaceChildren()
  count.textContent = text
}

function renderResult({ id, title, page, excerpt }: SearchResult): HTMLElement {
  const item = document.createElement('li')
  const link = document.createElement('a')
  link.href = id
  const lines = [
    ['strong', title],
    ['span', title === page ? '' : page],
    ['small', excerpt],
  ] as const
  for (const [tag, text] of lines) {
    if (!text) continue
    const line = document.createElement(tag)
    line.textContent = text
    link.append(line)
  }
  item.append(link)
  return item
}

function linksOf({ list }: Parts): HTMLAnchorElement[] {
  return [...list.querySelectorAll('a')]
}

/** "/" goes to the field, the arrows through the results, Escape back to the page. */
function addKeys(parts: Parts): void {
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea')
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    parts.input.focus()
  })
  parts.form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      parts.panel.hidden = true
      parts.input.focus()
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const elements = [parts.input, ...linksOf(parts)]
    const index = elements.indexOf(document.activeElement as HTMLInputElement)
    event.preventDefault()
    elements[index + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
  })
}

/** Hides the results when the reader clicks or moves the focus elsewhere, or follows a link. */
function addClosing(parts: Parts): void {
  const close = () => {
    parts.panel.hidden = true
  }
  document.addEventListener('click', (event) => {
    const { target } = event
    const isInside = target instanceof Node && parts.form.contains(target)
    if (!isInside || (target instanceof Element && target.closest('a'))) close()
  })
  document.addEventListener('focusin', (event) => {
    if (event.target instanceof Node && !parts.form.contains(event.target)) close()
  })
}
