import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Assets } from './assets.ts'
import { type Page, root } from './pages.ts'

/** The repository that readers of the site can open. */
const repository = 'https://github.com/hedgepayments/hedge/blob/main'

/** The server's address in commands. Links to it lead to the server that serves the site. */
const localServer = 'http://127.0.0.1:4000'

/** Turns links between files of the repository into links of the site. */
export class Links {
  readonly #urls: ReadonlyMap<string, string>
  readonly #assets: Assets
  readonly #images = new Map<string, string>()

  constructor(pages: readonly Page[], assets: Assets) {
    this.#urls = new Map(pages.map(({ source, url }) => [source, url]))
    this.#assets = assets
  }

  /**
   * The address of a link in the file `source`. A file without a page is linked in the repository,
   * because the container image contains only some of the files.
   */
  resolve(source: string, target: string): string {
    if (target.startsWith(localServer)) return target.slice(localServer.length) || '/'
    if (/^([a-z]+:|#|\/)/.test(target)) return target
    const [file = '', anchor] = target.split('#')
    const path = join(dirname(source), file)
    const url = this.#urls.get(path) ?? `${repository}/${path}`
    return anchor === undefined ? url : `${url}#${anchor}`
  }

  /** The address of an image in the file `source`. @throws if the file does not exist. */
  image(source: string, target: string): string {
    const path = join(dirname(source), target)
    const known = this.#images.get(path)
    if (known) return known
    const url = this.#assets.add(basename(path), readFileSync(join(root, path)))
    this.#images.set(path, url)
    return url
  }
}
