import pg from 'pg'

/** A statement as the driver gets it. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** The driver's statement. Its clients cannot be watched: the pool's clients wrap their methods. */
interface SentQuery {
  readonly text?: string
  readonly values?: readonly unknown[]
}

/** Records the statements that this process sends while `work` runs. */
export async function recordStatements(work: () => Promise<unknown>): Promise<Statement[]> {
  const recorded: Statement[] = []
  const prototype = pg.Query.prototype as unknown as { submit: (...args: unknown[]) => unknown }
  const submit = prototype.submit
  prototype.submit = function (this: SentQuery, ...args: unknown[]) {
    if (this.text) recorded.push({ text: this.text, values: [...(this.values ?? [])] })
    return submit.apply(this, args)
  }
  try {
    await work()
  } finally {
    prototype.submit = submit
  }
  return recorded
}

/** What a statement costs. */
export interface Cost {
  /** Rows that its scans read from tables and indexes. */
  readonly rows: number
  /** Pages of 8 kB that it read, from memory or from the disk. */
  readonly pages: number
  readonly ms: number
}

interface Node {
  readonly 'Node Type': string
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly Plans?: readonly Node[]
}

/** Runs a statement again, as its first run did, and undoes it. */
export async function measure(
  client: pg.ClientBase,
  { text, values }: Statement,
): Promise<{ cost: Cost; plan: Node }> {
  await client.query('begin')
  try {
    const explain = `explain (analyze, buffers, timing off, format json) ${text}`
    const { rows } = await client.query<{
      'QUERY PLAN': [{ Plan: Node; 'Execution Time': number }]
    }>(explain, [...values])
    const [top] = rows[0]?.['QUERY PLAN'] ?? []
    if (!top) throw new Error(`no plan of ${text}`)
    const { Plan: plan, 'Execution Time': ms } = top
    const pages = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
    return { cost: { rows: rowsRead(plan), pages, ms }, plan }
  } finally {
    await client.query('rollback')
  }
}

/**
 * Whether a statement is measured: those that read. A second insert of the same row would be refused, and
 * settings and transactions cost nothing.
 */
export function isMeasured({ text }: Statement): boolean {
  return /^\s*(?:select|with)\b/i.test(text) && !/\binsert into\b/i.test(text)
}

/** Tables and indexes are scanned. Results of other nodes are not read again. */
const scans = /^(?:Seq|Index|Index Only|Bitmap Index|Bitmap Heap|Tid) Scan$/

function rowsRead(node: Node): number {
  const loops = node['Actual Loops'] ?? 1
  const each =
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)
  const own = scans.test(node['Node Type']) ? each * loops : 0
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), own)
}
