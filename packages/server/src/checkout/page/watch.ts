import { Poll } from '../../jobs/poll.ts'
import type { LinkMark } from './watch.sql.ts'

/** How often changes are read while pages are open: customers perceive this as immediate. */
const readEveryMs = 250

interface Watcher {
  readonly id: string
  mark: string | null
  readonly onChange: () => void
}

/**
 * Detects changes of all pages that are open at this process. One statement reads the marks of all pages
 * at once. While no page is open, no statement runs. Changes by other processes are detected too.
 */
export class PageWatch {
  readonly #read: (ids: readonly string[]) => Promise<readonly LinkMark[]>
  readonly #watchers = new Set<Watcher>()
  readonly #poll: Poll

  constructor(options: {
    read: (ids: readonly string[]) => Promise<readonly LinkMark[]>
    onError: (error: unknown) => void
  }) {
    this.#read = options.read
    this.#poll = new Poll({
      everyMs: readEveryMs,
      isNeeded: () => this.#watchers.size > 0,
      read: () => this.#readAndCompare(),
      onError: options.onError,
    })
  }

  /** Calls `onChange` after the first read and after every change. Returns a function that ends this. */
  add(id: string, onChange: () => void): () => void {
    const watcher: Watcher = { id, mark: null, onChange }
    this.#watchers.add(watcher)
    this.#poll.schedule()
    return () => this.#watchers.delete(watcher)
  }

  stop(): void {
    this.#poll.stop()
  }

  async #readAndCompare(): Promise<void> {
    const ids = [...new Set([...this.#watchers].map(({ id }) => id))]
    const marks = new Map((await this.#read(ids)).map(({ id, mark }) => [id, mark]))
    for (const watcher of [...this.#watchers]) {
      const mark = marks.get(watcher.id)
      if (mark === undefined || mark === watcher.mark) continue
      watcher.mark = mark
      watcher.onChange()
    }
  }
}
