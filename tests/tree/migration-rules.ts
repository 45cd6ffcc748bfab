import type { Rule } from './rules.ts'

const folder = 'packages/server/src/database/migrations/'

/** A statement that blocks or breaks the running older version, and what to write instead. */
interface Danger {
  readonly statement: RegExp
  readonly instead: string
  /** Whether the statement is fine on a table that the same file creates. */
  readonly isFineWhenNew?: boolean
}

// `[^;`]*?` stays within a statement. `name` is the statement's table.
const dangers: readonly Danger[] = [
  {
    statement: /create\s+(?:unique\s+)?index\s+(?!concurrently)[^;`]*?\son\s+(?<name>\w+)/gi,
    instead: 'use createIndexConcurrently: a plain `create index` blocks every write',
    isFineWhenNew: true,
  },
  {
    statement: /alter\s+column\s+\w+\s+(?:set\s+data\s+)?type\b/gi,
    instead: 'add a column of the new type: this one rewrites the table',
  },
  {
    statement: /alter\s+column\s+\w+\s+set\s+not\s+null/gi,
    instead: 'add a check that is not valid, and validate it: this one reads the whole table',
  },
  {
    statement:
      /alter\s+table\s+(?<name>\w+)[^;`]*?add\s+column\s+(?![^,;`]*\bdefault\b)[^,;`]*\bnot\s+null/gi,
    instead: 'give it a default: the older version does not write it',
    isFineWhenNew: true,
  },
  {
    statement:
      /alter\s+table\s+(?<name>\w+)[^;`]*?add\s+column\s+[^,;`]*\bdefault\s+(?:clock_timestamp|random|gen_random_uuid|nextval)/gi,
    instead: 'fill it in steps: a default that differs by row rewrites the table',
    isFineWhenNew: true,
  },
  {
    statement:
      /alter\s+table\s+(?<name>\w+)[^;`]*?add\s+(?:constraint\s+\w+\s+)?(?:check|foreign\s+key)\b(?![^;`]*not\s+valid)/gi,
    instead: 'add it as not valid, and validate it in another migration',
    isFineWhenNew: true,
  },
  {
    statement:
      /alter\s+table\s+(?<name>\w+)[^;`]*?add\s+(?:constraint\s+\w+\s+)?(?:primary\s+key|unique)\s*\(/gi,
    instead: 'create the unique index concurrently, and add the constraint by `using index`',
    isFineWhenNew: true,
  },
  {
    statement: /\b(?:rename\s+(?:column|to|constraint)\b|rename\s+\w+\s+to\b)/gi,
    instead: 'add the new name beside the old one: the older version uses the old one',
  },
  {
    statement: /(?:drop\s+(?:table|column|view)\b)(?![^\n]*--\s*contract:)/gi,
    instead: 'only where no released version uses it, with the comment -- contract: since 0.3.0',
  },
  {
    statement:
      /\b(?:update\s+(?<name>payments|events|payment_tasks|idempotency_records|refunds|webhook_deliveries|webhook_attempts|ledger_transfers)\b|delete\s+from\s+\w+)/gi,
    instead: 'change many rows in steps, by a worker: a migration locks them until its end',
    isFineWhenNew: true,
  },
  {
    statement: /\b(?:lock\s+table|vacuum\s+full|cluster\s+\w+|reindex\s+(?!\(concurrently\)))/gi,
    instead: 'no statement may lock a whole table',
  },
]

export const migrationRule: Rule = {
  name: 'a migration blocks no statement, and the older version keeps running',
  covers: (path) =>
    path.startsWith(folder) && /^(?:\d+_|baseline\/)/.test(path.slice(folder.length)),
  offences: (text) => {
    const created = new Set(
      [...text.matchAll(/create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(\w+)/gi)].map(
        ([, name]) => name,
      ),
    )
    return dangers.flatMap(({ statement, instead, isFineWhenNew }) =>
      [...text.matchAll(statement)]
        .filter(({ groups }) => !(isFineWhenNew && created.has(groups?.name)))
        .map(({ index }) => `${text.slice(0, index).split('\n').length}: ${instead}`),
    )
  },
}

/** For the test that the rule finds every danger. */
export const dangerCount = dangers.length
