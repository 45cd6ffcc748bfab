import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What `node --cpu-prof` writes, as far as it is read here. Times are microseconds. */
interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
  /** By the system's monotonic clock, which every process shares. */
  readonly startTime: number
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

// The innermost frame that one of these knows says what a sample was spent on.
const parts: readonly (readonly [name: string, files: RegExp])[] = [
  ['wire to PostgreSQL', /\/(pg|pg-pool|pg-protocol)\//],
  ['batching and rows', /\/(batching|database)\/|\/payments\/(cancel|render|if-match)/],
  ['body, validation, hash', /\/ajv\/|http\/(validation|body|idempotency-key|implement)/],
  ['key, rate limit, headers', /\/merchants\/|http\/(edge|rate-limit)|\/(ids|time)\.ts/],
  ['writing the answer', /fastify\/lib\/reply|http\/send|_http_outgoing/],
  ['background', /\/(workers|webhooks|dashboard|cancellations|checkout)\/|\/kysely\//],
  ['reading HTTP', /_http_|node:net|fastify|find-my-way|stream_base_commons/],
]
const [garbage, idle, rest] = ['garbage collection', '(idle)', 'the rest'] as const

/** The moment by the clock that profiles use, in microseconds. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** How long the one profile in a folder was at what, between two moments, in microseconds. */
export async function readProfile(
  folder: string,
  { from, to }: { from: number; to: number },
): Promise<Map<string, number>> {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'))
  if (name === undefined) throw new Error(`the server has left no profile in ${folder}`)
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
    // Node's sockets and streams serve whoever called them.
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
