/** Counts of what a run has done, by group and name. */
export class Counts {
  readonly #groups = new Map<string, Map<string, number>>()

  add(group: string, name: string): void {
    const names = this.#groups.get(group) ?? new Map<string, number>()
    this.#groups.set(group, names)
    names.set(name, (names.get(name) ?? 0) + 1)
  }

  /** The sum of a group. */
  total(group: string): number {
    return [...(this.#groups.get(group)?.values() ?? [])].reduce((sum, count) => sum + count, 0)
  }

  /** One line for each group: its sum, and its names with their counts, most frequent first. */
  report(): string {
    const lines = [...this.#groups].map(([group, names]) => {
      const sorted = [...names].sort((a, b) => b[1] - a[1])
      const shown = sorted.map(([name, count]) => `${name} ${count}`).join(', ')
      return `${group}: ${this.total(group)} (${shown})`
    })
    return lines.join('\n')
  }
}
