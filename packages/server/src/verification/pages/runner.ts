import type { Database } from '../../database/connect.ts'

/** Runs one statement and returns its rows. */
export interface Runner {
  readonly query: <Row>(text: string, values: unknown[]) => Promise<Row[]>
}

/** Runs statements with the time limits and plans of the server's own. */
export function runnerOf({ pool }: Database): Runner {
  return {
    query: async <Row>(text: string, values: unknown[]) => {
      const { rows } = await pool.query(text, values)
      return rows as Row[]
    },
  }
}
