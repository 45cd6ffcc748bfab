/** Settings of a session by their names, with values as PostgreSQL shows them. */
export type Settings = Readonly<Record<string, string>>

/** No statement of a request takes longer. A stuck statement must not keep its locks for ever. */
const statementTimeoutMs = 30_000
/** A transaction that locks a row for longer is stuck: the waiting request gets a 503. */
export const lockWaitMsMax = 5_000
/** Long work yields: it tries again for its lock, so that later statements can pass. */
const longLockTimeoutMs = 1_000
/** Frees the locks of a transaction whose process is frozen or cut off. */
const idleTransactionTimeoutMs = 30_000
/**
 * If PostgreSQL has not ended a statement by this time, PostgreSQL has vanished without closing the
 * connection, or the commit waits for a standby. `statement_timeout` covers neither.
 */
export const answerTimeoutMs = statementTimeoutMs + 5_000

/**
 * What the statements and the parsers of this server assume, whatever the defaults of the role, the
 * database and the cluster. The code decides by compare-and-set and retries, so it needs no stronger
 * isolation than `read committed`. With `serializable`, most concurrent requests would fail.
 */
const meaning: Settings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
}

/**
 * Every statement finds its rows by an index. A table that was empty at the last ANALYZE must not
 * make the planner choose a scan: a burst of webhooks was read from end to end for every eight
 * deliveries. Pages come from memory or a solid disk. By the default cost, that of a spinning disk,
 * the planner sorts a whole queue instead of reading the next few rows from the index. Before
 * PostgreSQL 18, a plan that needs a scan gets so high a cost that it is compiled, which takes a
 * second for a statement of milliseconds.
 */
const plans: Settings = { enable_seqscan: 'off', random_page_cost: '1.1', jit: 'off' }

const timeouts: Settings = {
  statement_timeout: seconds(statementTimeoutMs),
  lock_timeout: seconds(lockWaitMsMax),
  idle_in_transaction_session_timeout: seconds(idleTransactionTimeoutMs),
}

/** A list, search or sum that takes longer needs a narrower filter. */
const readTimeoutMs = 5_000

/** Sessions of requests and workers. */
export const requestSettings: Settings = {
  ...meaning,
  ...plans,
  ...timeouts,
  plan_cache_mode: 'auto',
}

/** Sessions of reads that can be slow. They wait for locks as long as they may run. */
export const readSettings: Settings = {
  ...requestSettings,
  statement_timeout: seconds(readTimeoutMs),
  lock_timeout: '0',
}

/**
 * Batches keep their plan. Planning takes as long as canceling a dozen payments, and PostgreSQL would
 * plan every batch of one again.
 */
export const batchSettings: Settings = {
  ...requestSettings,
  plan_cache_mode: 'force_generic_plan',
}

/**
 * Sessions that the coordinator of a cluster opens to itself. It does not pass the settings of its sessions on, so
 * these are defaults of the database. Without a limit for locks, because shards that move wait for long there.
 */
export const coordinatorSettings: Settings = {
  ...meaning,
  ...plans,
  idle_in_transaction_session_timeout: timeouts.idle_in_transaction_session_timeout as string,
}

/** The same for sessions to the workers. */
export const workerSettings: Settings = {
  ...coordinatorSettings,
  lock_timeout: timeouts.lock_timeout as string,
}

/**
 * Long work plans by PostgreSQL's defaults, also where the database has others (`coordinatorSettings`), and its
 * statements have no time limit.
 */
export const longSettings: Settings = {
  ...meaning,
  ...{ enable_seqscan: 'on', random_page_cost: '4', jit: 'on' },
  ...timeouts,
  statement_timeout: '0',
  lock_timeout: seconds(longLockTimeoutMs),
}

/** As PostgreSQL shows a duration of whole seconds below a minute. */
function seconds(ms: number): string {
  return `${ms / 1_000}s`
}
