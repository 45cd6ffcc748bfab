import { readdir, readFile } from 'node:fs/promises'

/**
 * Processor time in microseconds that a process has used so far, or NaN where nobody says. Linux
 * counts it by the nanosecond for each thread.
 */
export async function cpuMicrosOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  if (threads.length === 0) return Number.NaN
  const times = await Promise.all(threads.map((thread) => threadMicros(pid, thread)))
  return times.reduce((sum, micros) => sum + micros, 0)
}

/** That of every process whose parent this is: PostgreSQL's own, by its postmaster. */
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
