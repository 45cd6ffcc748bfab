import { expect, test } from 'vitest'
import { type ClusterState, findMisplaced, isUnplaced, type PlacedTable } from './state.sql.ts'
import { placements } from './tables.ts'

/** A cluster as `hedge cluster init` makes it, with other tables in some places. */
function clusterWith(others: Readonly<Record<string, PlacedTable | undefined>> = {}): ClusterState {
  const placed = Object.entries(placements).flatMap<[string, PlacedTable]>(([name, placement]) =>
    placement === 'local'
      ? []
      : [
          [
            name,
            {
              placement,
              column: placement === 'reference' ? null : 'merchant_id',
              colocationId: 2,
            },
          ],
        ],
  )
  const tables = new Map(placed)
  for (const [name, table] of Object.entries(others)) {
    if (table) tables.set(name, table)
    else tables.delete(name)
  }
  return {
    version: '13.2-1',
    isCoordinator: true,
    hasCoordinatorAddress: true,
    workers: 2,
    hasShardsOnCoordinator: false,
    tables,
  }
}

const distributed = { placement: 'distributed', column: 'merchant_id', colocationId: 2 } as const

test('a cluster whose tables are all in their places has nothing misplaced', () => {
  expect(findMisplaced(clusterWith())).toEqual([])
  expect(isUnplaced(clusterWith())).toBe(false)
})

test('a database without a placed table is an ordinary one', () => {
  const ordinary = { ...clusterWith(), tables: new Map() }
  expect(isUnplaced(ordinary)).toBe(true)
  expect(findMisplaced(ordinary)).toContain('payments is local instead of distributed')
})

test.each([
  [{ events: undefined }, 'events is local instead of distributed'],
  [{ merchants: distributed }, 'merchants is distributed instead of reference'],
  [{ rate_counts: distributed }, 'rate_counts is distributed instead of local'],
  [
    { refunds: { ...distributed, column: 'id' } },
    'refunds is distributed by id instead of merchant_id',
  ],
  [{ events: { ...distributed, colocationId: 3 } }, 'events is not colocated with payments'],
])('a table in another place is found: %j', (others, problem) => {
  expect(findMisplaced(clusterWith(others))).toEqual([problem])
  expect(isUnplaced(clusterWith(others))).toBe(false)
})
