import { expect, test } from 'vitest'
import { placements } from '../../database/cluster/tables.ts'
import { leftTables, movedTables } from './tables.ts'

test('every table moves with its merchant, or has a reason to stay', () => {
  const decided = [...Object.keys(movedTables), ...Object.keys(leftTables)]
  expect(decided.toSorted()).toEqual(Object.keys(placements).toSorted())
})
