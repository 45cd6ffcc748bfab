import type { Rule } from './rules.ts'

/**
 * Up to this one the migrations were written before anybody had a database with rows in it. Their
 * successors run while the version before them works, on tables of any size.
 */
const lastBeforeUsers = 13

const folder = 'packages/server/src/database/migrations/'

/** A statement that would hold up or break whoever works meanwhile, and what to do instead. */
interface Danger {
  readonly statement: RegExp
  readonly instead: string
  /** Whether it is fine on a table that the same migration has made. */
  readonly isFineWhenNew?: boolean
}

// `[^;`]*?` stays within a statement, and `name` is the table it is about.
const dangers: readonly Danger[] = [
  {
    statement: /create\s+(?:unique\s+)?index\s+(?!concurrently)[^;`]*?\son\s+(?<name>\w+)/gi,
    instead: 'use createIndexConcurrently: a plain index keeps off every write while it is made',
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
    instead: 'give it a default: the version before does not know it',
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
    instead: 'add it as not valid, and validate it in a migration of its own',
    isFineWhenNew: true,
  },
  {
    statement:
      /alter\s+table\s+(?<name>\w+)[^;`]*?add\s+(?:constraint\s+\w+\s+)?(?:primary\s+key|unique)\s*\(/gi,
    instead: 'make the unique index concurrently, and add the constraint by `using index`',
    isFineWhenNew: true,
  },
  {
    statement: /\b(?:rename\s+(?:column|to|constraint)\b|rename\s+\w+\s+to\b)/gi,
    instead: 'add the new name beside the old one: the version before knows only that',
  },
  {
    statement: /(?:drop\s+(?:table|column|view)\b)(?![^\n]*--\s*contract:)/gi,
    instead: 'only what no released version uses, which a comment says: -- contract: since 0.3.0',
  },
  {
    statement:
      /\b(?:update\s+(?<name>payments|events|payment_tasks|idempotency_records|refunds|webhook_deliveries|webhook_attempts|ledger_transfers)\b|delete\s+from\s+\w+)/gi,
    instead: 'change many rows in steps, by a worker: their locks are held to the end',
    isFineWhenNew: true,
  },
  {
    statement: /\b(?:lock\s+table|vacuum\s+full|cluster\s+\w+|reindex\s+(?!\(concurrently\)))/gi,
    instead: 'nothing may keep the table to itself',
  },
]

export const migrationRule: Rule = {
  name: 'a migration holds up nobody, and the version before it runs on',
  covers: (path) =>
    path.startsWith(folder) &&
    Number(/^\d+/.exec(path.slice(folder.length))?.[0]) > lastBeforeUsers,
  offences: (text) => {
    const made = new Set(
      [...text.matchAll(/create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(\w+)/gi)].map(
        ([, name]) => name,
      ),
    )
    return dangers.flatMap(({ statement, instead, isFineWhenNew }) =>
      [...text.matchAll(statement)]
        .filter(({ groups }) => !(isFineWhenNew && made.has(groups?.name)))
        .map(({ index }) => `${text.slice(0, index).split('\n').length}: ${instead}`),
    )
  },
}

/** Each of the dangers once, for the test that every one of them is seen. */
export const dangerCount = dangers.length
