import { readdir, readFile } from 'node:fs/promises'

/**
 * Reads the processor time that a process has used so far, in microseconds: the sum over its threads,
 * as Linux counts it. NaN on other systems.
 */
export async function cpuMicrosOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  if (threads.length === 0) return Number.NaN
  const times = await Promise.all(threads.map((thread) => threadMicros(pid, thread)))
  return times.reduce((sum, micros) => sum + micros, 0)
}

/** Reads the processor time of all children of a process. PostgreSQL's are those of its postmaster. */
export async function cpuMicrosOfChildren(parent: number): Promise<number> {
  let sum = 0
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parentOf = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (Number(parentOf) === parent) sum += await threadMicros(Number(name), name)
  }
  return sum
}

async function threadMicros(pid: number, thread: string): Promise<number> {
  const file = `/proc/${pid}/task/${thread}/schedstat`
  const [nanos = '0'] = (await readFile(file, 'utf8').catch(() => '0')).split(' ', 1)
  return Number(nanos) / 1000
}
