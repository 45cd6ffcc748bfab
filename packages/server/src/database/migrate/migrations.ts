import * as baseline from '../migrations/0001_baseline.ts'
import type { Migration } from '../migrations/migration.ts'

/**
 * Every migration by its name, in order. They only go forward, and a released migration never
 * changes. CONTRIBUTING.md says what a migration may do while the version before it runs.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_baseline': baseline,
}
