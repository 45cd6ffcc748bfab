import type { State } from '../state.ts'

// A state is stored as the numbers of its parts, because millions of states share few parts. The model
// checker SPIN calls this collapse compression. It is exact: two states share a key only if they are equal,
// or differ only in which server does which work.

/** Numbers the different values of one part of the state. */
class Parts<T extends object> {
  readonly #numbers = new Map<string, number>()
  readonly #values: T[] = []
  /** The numbers of objects that were seen before, so that they are not compared again. */
  readonly #seen = new WeakMap<T, number>()
  readonly #textOf: (value: T) => string

  constructor(textOf: (value: T) => string) {
    this.#textOf = textOf
  }

  numberOf(value: T): number {
    const seen = this.#seen.get(value)
    if (seen !== undefined) return seen
    const text = this.#textOf(value)
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#values.length
      this.#numbers.set(text, number)
      this.#values.push(value)
    }
    this.#seen.set(value, number)
    return number
  }

  valueOf(number: number): T {
    const value = this.#values[number]
    if (value === undefined) throw new Error('no such part')
    return value
  }
}

/** The fields of parts that are objects. Most steps do not change them, so they are numbered as well. */
const fields = new Parts<object>(JSON.stringify)

/** All fields of a part. No text contains the separator, and all parts of a kind have the same fields. */
function textOf(value: object): string {
  let text = ''
  for (const field of Object.values(value)) {
    text += typeof field === 'object' && field !== null ? fields.numberOf(field) : field
    text += '|'
  }
  return text
}

/** Numbers fit in one or two characters of a key. */
const base = 0x8000

/** Turns states into keys, and back. */
export class Collapse {
  readonly #databases = new Parts<State['database']>(textOf)
  readonly #processors = new Parts<State['processor']>(textOf)
  readonly #handlers = new Parts<State['handlers'][number]>(textOf)
  readonly #workers = new Parts<State['workers'][number]>(textOf)
  readonly #clients = new Parts<State['clients'][number]>(textOf)

  /** The same for states that differ only in the order of the handlers or of the workers. */
  keyOf({ database, processor, handlers, workers, clients }: State): string {
    const databaseNumber = this.#databases.numberOf(database)
    const processorNumber = this.#processors.numberOf(processor)
    const handler = this.#handlers.numberOf(handlers[0])
    const otherHandler = this.#handlers.numberOf(handlers[1])
    const worker = this.#workers.numberOf(workers[0])
    const otherWorker = this.#workers.numberOf(workers[1])
    return String.fromCharCode(
      Math.floor(databaseNumber / base),
      databaseNumber % base,
      processorNumber,
      Math.max(handler, otherHandler),
      Math.min(handler, otherHandler),
      Math.max(worker, otherWorker),
      Math.min(worker, otherWorker),
      this.#clients.numberOf(clients[0]),
      this.#clients.numberOf(clients[1]),
    )
  }

  stateOf(key: string): State {
    const at = (n: number) => key.charCodeAt(n)
    return {
      database: this.#databases.valueOf(at(0) * base + at(1)),
      processor: this.#processors.valueOf(at(2)),
      handlers: [this.#handlers.valueOf(at(3)), this.#handlers.valueOf(at(4))],
      workers: [this.#workers.valueOf(at(5)), this.#workers.valueOf(at(6))],
      clients: [this.#clients.valueOf(at(7)), this.#clients.valueOf(at(8))],
    }
  }
}
