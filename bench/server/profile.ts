import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The part of a `node --cpu-prof` profile that is read here. Times are microseconds. */
interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
  /** On the monotonic clock of the system, which all processes share. */
  readonly startTime: number
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

// A sample belongs to the part whose pattern matches its innermost frame that any pattern matches.
const parts: readonly (readonly [name: string, files: RegExp])[] = [
  ['wire to PostgreSQL', /\/(pg|pg-pool|pg-protocol)\//],
  ['batching and rows', /\/jobs\/batcher|\/database\/|\/payments\/(cancel|transition|view)\//],
  ['body, validation, hash', /\/ajv\/|http\/(bodies\/|implement|request\/)|\/idempotency\//],
  ['key, rate limit, headers', /\/merchants\/|http\/(edge|limits\/)|\/(ids|time)\.ts/],
  ['writing the answer', /fastify\/lib\/reply|http\/answers\/|_http_outgoing/],
  ['background', /\/(jobs|workers|webhooks|dashboard|cancellations|checkout)\/|\/kysely\//],
  ['reading HTTP', /_http_|node:net|fastify|find-my-way|stream_base_commons/],
]
const [garbage, idle, rest] = ['garbage collection', '(idle)', 'the rest'] as const

/** The time on the clock that profiles use, in microseconds. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Sums the time of the one profile in a folder by part, between two timestamps, in microseconds. */
export async function readProfile(
  folder: string,
  { from, to }: { from: number; to: number },
): Promise<Map<string, number>> {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'))
  if (name === undefined) throw new Error(`the server wrote no profile to ${folder}`)
  const profile = JSON.parse(await readFile(join(folder, name), 'utf8')) as Profile
  const partOf = classify(profile.nodes)
  const spent = new Map<string, number>()
  let at = profile.startTime
  for (const [i, id] of profile.samples.entries()) {
    const micros = profile.timeDeltas[i] ?? 0
    at += micros
    const part = partOf.get(id) ?? rest
    if (at < from || at > to || part === idle) continue
    spent.set(part, (spent.get(part) ?? 0) + micros)
  }
  return spent
}

function classify(nodes: readonly ProfileNode[]): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const partOf = new Map<number, string>()
  const visit = (node: ProfileNode, above: string) => {
    const { functionName, url } = node.callFrame
    const own =
      functionName === '(garbage collector)'
        ? garbage
        : functionName === idle
          ? idle
          : parts.find(([, files]) => files.test(url))?.[0]
    // The time of Node's sockets and streams belongs to the part that called them.
    const serves = /node:(net|internal)/.test(url) && above !== rest
    const part = serves ? above : (own ?? above)
    partOf.set(node.id, part)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child) visit(child, part)
    }
  }
  if (nodes[0]) visit(nodes[0], rest)
  return partOf
}
