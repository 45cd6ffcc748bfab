import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allOperations } from '@hedgepayments/contract'
import { openApiDocument } from '@hedgepayments/contract/openapi'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { withMerchant } from '../support/servers/merchant.ts'
import { allDocuments } from './markdown.ts'

const root = join(import.meta.dirname, '../..')
const fixture = withMerchant()

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(`${fixture.servers[0]?.url}${path}`, { redirect: 'manual' })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** Every page of the site, found by following its links from the first page. */
async function crawl(): Promise<Map<string, Answer>> {
  const found = new Map<string, Answer>()
  const waiting = ['/docs']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue
    const answer = await get(path)
    found.set(path, answer)
    for (const { target } of linksOf(answer.body)) {
      const [page = ''] = target.split('#')
      if (page.startsWith('/docs') && !page.startsWith('/docs/assets/')) waiting.push(page)
    }
  }
  return found
}

function linksOf(html: string): { readonly attribute: string; readonly target: string }[] {
  return [...html.matchAll(/ (href|src)="([^"]*)"/g)].map(([, attribute = '', target = '']) => ({
    attribute,
    target: target.replaceAll('&amp;', '&'),
  }))
}

test('every link of every page leads to a page, a heading or a file that exists', async () => {
  const pages = await crawl()
  expect(pages.size).toBeGreaterThan(25)
  const broken: string[] = []
  const files = new Set<string>()
  for (const [path, { status, body }] of pages) {
    if (status !== 200) broken.push(`${path}: ${status}`)
    for (const { target } of linksOf(body)) {
      const [place = '', anchor] = target.split('#')
      const page = pages.get(place || path)
      if (place.startsWith('/docs/assets/')) files.add(place)
      else if (/^\/docs(\/|$)|^$/.test(place)) {
        if (anchor !== undefined && !page?.body.includes(` id="${anchor}"`)) {
          broken.push(`${path}: ${target}`)
        }
      } else if (place.startsWith('/')) files.add(place)
      else if (place.includes('/hedge/blob/main/')) {
        const file = place.split('/hedge/blob/main/')[1] ?? ''
        if (globSync(file, { cwd: root }).length === 0) broken.push(`${path}: ${target}`)
      }
    }
  }
  for (const file of files) {
    const { status } = await get(file)
    if (status !== 200) broken.push(`${file}: ${status}`)
  }
  expect(broken).toEqual([])
})

test('the site has every document, and the reference every operation, webhook and object', async () => {
  const pages = await crawl()
  const titles = [...pages.values()].map(({ body }) => /<h1[^>]*>(.*?)<\/h1>/.exec(body)?.[1])
  const missing = allDocuments.filter((path) => {
    if (path === 'README.md') return false
    const title = /^# (.+)$/m.exec(readFileSync(join(root, path), 'utf8'))?.[1]
    return !titles.includes(title)
  })
  expect(missing).toEqual([])
  const reference = [...pages].filter(([path]) => path.startsWith('/docs/api'))
  const text = reference.map(([, { body }]) => body).join('')
  expect(allOperations.filter(({ id }) => !text.includes(` id="${id}"`))).toEqual([])
  const document = JSON.parse(JSON.stringify(openApiDocument()))
  const webhooks = Object.values<{ post: { operationId: string } }>(document.webhooks)
  expect(webhooks.length).toBeGreaterThan(10)
  expect(webhooks.filter(({ post }) => !text.includes(` id="${post.operationId}"`))).toEqual([])
  const objects = Object.keys(document.components.schemas)
  expect(objects.filter((name) => !text.includes(` id="${name}"`))).toEqual([])
})

interface Operation {
  readonly operationId: string
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>
  }
}

test('each body that the reference shows is one that the API accepts', async () => {
  const document = JSON.parse(JSON.stringify(openApiDocument()))
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'api')
  const pages = [...(await crawl()).values()].map(({ body }) => body)
  const paths = Object.values<Readonly<Record<string, Operation>>>(document.paths)
  const named = paths
    .flatMap((methods) => Object.values(methods))
    .flatMap((operation) => {
      const reference = operation.requestBody?.content['application/json']?.schema.$ref
      return reference ? [{ id: operation.operationId, reference }] : []
    })
  expect(named.length).toBeGreaterThan(10)
  for (const { id, reference } of named) {
    const [, html = ''] =
      pages.find((page) => page.includes(`id="${id}"`))?.split(`id="${id}"`) ?? []
    const command = /<pre.*?<\/pre>/s.exec(html)?.[0].replaceAll(/<[^>]+>/g, '') ?? ''
    const shown = command.replaceAll('&quot;', '"').replaceAll('&#x27;', "'")
    const body = JSON.parse(/-d '(.*)'/.exec(shown)?.[1] ?? 'null')
    expect(ajv.validate(`api${reference}`, body), `${id}: ${ajv.errorsText()}`).toBe(true)
  }
})

test.each([
  ['/docs/', '/docs'],
  ['/docs/index', '/docs'],
  ['/docs/index.html', '/docs'],
  ['/docs/webhooks/', '/docs/webhooks'],
  ['/docs/webhooks.md', '/docs/webhooks'],
  ['/docs/api/payments.html', '/docs/api/payments'],
  ['/docs/api/webhook-events/', '/docs/api/webhook-events'],
])('%s leads to %s', async (path, to) => {
  const { status, headers } = await get(path)
  expect([status, headers.get('location')]).toEqual([301, to])
  expect((await get(to)).status).toBe(200)
})

test.each([
  '/docs/nowhere',
  '/docs/nowhere.md',
  '/docs/404',
  '/docs/..%2f..%2fpackage.json',
  '/docs/%2e%2e%2findex',
  '/docs//other.example/',
  '/docs/\\other.example/',
  '/docs/a%00b',
])('%s has a page that says so, with links and the search', async (path) => {
  const { status, headers, body } = await get(path)
  expect([status, headers.get('location')]).toEqual([404, null])
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(body).toContain('<h1>Page not found</h1>')
  expect(body).toContain('role="search"')
})

test('files with a hash in their names are kept for a year, pages are asked for again', async () => {
  const page = await get('/docs/webhooks')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const files = linksOf(page.body)
    .map(({ target }) => target)
    .filter((target) => target.startsWith('/docs/assets/'))
  expect(new Set(files).size).toBeGreaterThan(2)
  for (const file of files) {
    expect(file).toMatch(/-[\w-]{10}\.\w+$/)
    expect((await get(file)).headers.get('cache-control')).toBe(
      'public, max-age=31536000, immutable',
    )
  }
})

test('pages have no inline script or style, and name no file of another server', async () => {
  for (const [path, { headers, body }] of await crawl()) {
    expect(headers.get('content-security-policy'), path).not.toContain('unsafe')
    expect(body, path).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]* src=)/)
    const loaded = [...body.matchAll(/<(?:script|link|img|iframe)\b[^>]* (?:src|href)="([^"]*)"/g)]
    expect(
      loaded.filter(([, target = '']) => !target.startsWith('/docs/assets/')),
      path,
    ).toEqual([])
  }
})
