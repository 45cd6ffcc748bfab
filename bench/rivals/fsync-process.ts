import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

// The minimum cost of a durable write: append 8 kB and call fdatasync, in a loop.

process.once('message', ({ folder, durationMs }: { folder: string; durationMs: number }) => {
  const file = join(folder, 'fsync.probe')
  const descriptor = openSync(file, 'a')
  const block = Buffer.alloc(8192, 1)
  const times: number[] = []
  for (const end = performance.now() + durationMs; performance.now() < end; ) {
    const startedAt = performance.now()
    writeSync(descriptor, block)
    fdatasyncSync(descriptor)
    times.push(performance.now() - startedAt)
  }
  closeSync(descriptor)
  rmSync(file)
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)]
  const round = {
    perSecond: times.length / (durationMs / 1000),
    acknowledged: 0,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }
  process.send?.(round, () => process.exit(0))
})
