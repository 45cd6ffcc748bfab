/** `1,204`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 payment`, `1,204 payments`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** `2024-06-15 10:32:00`, in UTC. */
export function formatTime(timestamp: string): string {
  return timestamp.replace('T', ' ').replace(/Z$/, '')
}

/** At most ten characters: the time if it is today, else the date. `now` is in Unix milliseconds. */
export function shortTime(timestamp: string, now: number = Date.now()): string {
  const today = new Date(now).toISOString().slice(0, 10)
  return timestamp.startsWith(today) ? timestamp.slice(11, 19) : timestamp.slice(0, 10)
}
