// biome-ignore lint/suspicious/noExplicitAny: rows of any statement
type Query = (text: string, values?: unknown[]) => Promise<any[]>

/** Whether a database is on a node of a cluster. */
export async function isOnCluster(sql: { readonly query: Query }): Promise<boolean> {
  const rows = await sql.query(`select 1 from pg_extension where extname = 'citus'`)
  return rows.length > 0
}

/**
 * Runs a statement on each node of a cluster, or on the one PostgreSQL. The statement returns one row with
 * one column, `value`.
 *
 * @returns the values as text, one for each node.
 */
export async function onAllNodes(
  sql: { readonly query: Query },
  statement: string,
): Promise<string[]> {
  if (!(await isOnCluster(sql))) {
    return (await sql.query(statement)).map(({ value }) => String(value))
  }
  const nodes = await sql.query('select success, result from run_command_on_all_nodes($1)', [
    statement,
  ])
  const failed = nodes.find(({ success }) => !success)
  if (failed) throw new Error(`a node of the cluster refuses a statement: ${failed.result}`)
  return nodes.map(({ result }) => String(result))
}

/** A cluster changes triggers only with this setting. One PostgreSQL ignores it. */
export const allowTriggers = "set local citus.enable_unsafe_triggers = 'on'"

/**
 * Creates, drops, disables or enables triggers, on all nodes of a cluster. The statements run one by one,
 * because a cluster sends each query that changes a table to its nodes as a whole.
 */
export async function changeTriggers(
  sql: {
    readonly connect: () => Promise<{
      query(text: string): Promise<unknown>
      release(error?: boolean): void
    }>
  },
  ...statements: readonly string[]
): Promise<void> {
  const client = await sql.connect()
  try {
    for (const text of ['begin', allowTriggers, ...statements, 'commit']) await client.query(text)
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}
