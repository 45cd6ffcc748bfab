/**
 * Runs a statement on each node of a cluster, or on the one PostgreSQL. The statement returns one row with
 * one column, `value`.
 *
 * @returns the values as text, one for each node.
 */
export async function onAllNodes(
  // biome-ignore lint/suspicious/noExplicitAny: a query of any program
  sql: { readonly query: (text: string, values?: unknown[]) => Promise<any[]> },
  statement: string,
): Promise<string[]> {
  const [{ hasCitus }] = await sql.query(
    `select exists (select from pg_extension where extname = 'citus') as "hasCitus"`,
  )
  if (!hasCitus) return (await sql.query(statement)).map(({ value }) => String(value))
  const nodes = await sql.query('select success, result from run_command_on_all_nodes($1)', [
    statement,
  ])
  const failed = nodes.find(({ success }) => !success)
  if (failed) throw new Error(`a node of the cluster refuses a statement: ${failed.result}`)
  return nodes.map(({ result }) => String(result))
}
