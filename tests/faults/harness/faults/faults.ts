import type { Fault } from '../round.ts'
import { clusterFaults } from './cluster-faults.ts'
import { leaseFaults } from './lease-faults.ts'
import { peerFaults } from './peer-faults.ts'
import { postgresFaults } from './postgres-faults.ts'
import { serverFaults } from './server-faults.ts'

/** Every fault that the harness can cause. */
export const faults: readonly Fault[] = [
  ...serverFaults,
  ...leaseFaults,
  ...postgresFaults,
  ...peerFaults,
  ...clusterFaults,
]
