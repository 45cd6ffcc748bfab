import pg from 'pg'

const timestamptzOid = 1184
const jsonOid = 114
const jsonbOid = 3802

/** How values of PostgreSQL become values of JavaScript: times are texts of the API, JSON is parsed. */
export const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: unknown) {
    if (format !== 'binary') {
      if (oid === timestamptzOid) return parseTime
      if (oid === jsonOid || oid === jsonbOid) return JSON.parse
    }
    return pg.types.getTypeParser(oid, format as 'text')
  },
} as pg.CustomTypesConfig

/**
 * Turns PostgreSQL's `2024-06-15 10:32:00+00` into the API's form, without a Date. The session's time
 * zone is UTC. A text of another zone is converted, so that no time can be wrong by a zone.
 *
 * @throws {Error} for a text that is not in ISO format, and for `infinity`.
 */
export function parseTime(text: string): string {
  if (text.endsWith('+00') && text[10] === ' ') {
    return `${text.slice(0, 10)}T${text.slice(11, 19)}Z`
  }
  const [, day, time, zone = '', minutes = '00'] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?([+-]\d\d)(?::(\d\d))?(?::\d\d)?$/.exec(text) ??
    []
  if (day === undefined) throw new Error(`the database returned a time of another format: ${text}`)
  return `${new Date(`${day}T${time}${zone}:${minutes}`).toISOString().slice(0, 19)}Z`
}
