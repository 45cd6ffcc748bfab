import { type PlaceLimit, Places, type Reservation } from './limits/places.ts'

interface Waiting {
  readonly limits: readonly PlaceLimit[]
  readonly start: (place: Reservation) => void
}

/**
 * Places of a pool for which callers wait. The first caller below its own limits is next, so one that has
 * used up its share does not delay the others. The number of callers has to be bounded elsewhere.
 */
export class PlaceQueue {
  readonly #places = new Places()
  readonly #waiting: Waiting[] = []

  /** Waits for a place. The caller releases it whatever happens. */
  async acquire(limits: readonly PlaceLimit[]): Promise<{ release(): void }> {
    const free = this.#places.reserve(limits)
    const place = free ?? (await this.#wait(limits))
    return {
      release: () => {
        place.release()
        this.#startNext()
      },
    }
  }

  #wait(limits: readonly PlaceLimit[]): Promise<Reservation> {
    return new Promise((start) => this.#waiting.push({ limits, start }))
  }

  #startNext(): void {
    for (const [index, { limits, start }] of this.#waiting.entries()) {
      const place = this.#places.reserve(limits)
      if (!place) continue
      this.#waiting.splice(index, 1)
      start(place)
      return
    }
  }
}
