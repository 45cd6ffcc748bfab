import type { Db } from '../../database/db.ts'
import type { Sessions } from '../../database/sessions/sessions.ts'
import { sessionsOf } from '../../database/sessions/sessions-of.ts'
import {
  findWriters,
  type NodeTransactions,
  readLastPosition,
  readOldestTransactions,
  takeTransactionIds,
} from './cluster-fence.sql.ts'

// The fence of one PostgreSQL (`relay-events.sql.ts`) compares transaction ids. In a cluster, positions come
// from one sequence of the coordinator, and events are written on the node of their merchant. Ids of several
// nodes cannot be compared. So this fence asks in two stages whether a missing position can still appear.
//
// What every writer of events does (`database/cluster/positions.sql.ts`):
//
// a. The coordinator takes the shared lock of positions, and then the position. The transaction keeps
//    the lock until its end. A caller that reads the last position P, and then the holders of the lock, sees
//    every transaction with a position up to P, unless it has ended.
// b. The coordinator sends the event to the worker in a transaction block, by COPY, because the statement is
//    an INSERT of a SELECT. So the event is on the worker, with a transaction id there, before the coordinator
//    has the answer, and it appears only by a later command: PREPARE TRANSACTION and COMMIT PREPARED.
//
// The stages for a candidate P, and why no event up to P can appear after them:
//
// 1. Each transaction that had the lock has ended on the coordinator. It may have ended well. Or it has lost
//    a worker: the coordinator died, or the connection broke. Then the worker may have a transaction that is
//    open, that is committing, or that is prepared and waits for the recovery of Citus. By (b), such a
//    transaction has an id of that worker already, if it can commit at all.
// 2. Only now, each node gives a new transaction id F. The transactions of stage 1 have lower ids there. When
//    none with a lower id runs or is prepared on any node, all of them have ended. An event of one is visible
//    to the next statement, or will never exist.
//
// A node that does not answer passes no candidate: nothing is skipped, and webhooks wait. A node that replaces
// another after a failover, or gets the first shards of events, gives a new F: stage 2 begins again. Ids of a
// node that has crashed may go back. Transactions that were prepared there are running, and have lower ids than
// F; the others are gone. Transactions of other databases of a node are left out: they write no event.
//
// Candidates are kept between calls. Each waits only for the transactions that it has found, which end one
// day, and new candidates begin beside it. So a long transaction delays the events behind the position that it
// has taken, and no load of short transactions can delay the fence.
//
// A coordinator that has crashed may give positions again that an open transaction had: the sequence was not yet on
// disk. So what was found before another start of its PostgreSQL does not count (`pg_postmaster_start_time`).
//
// All of it is in memory: another process, or this one after a restart, begins with new candidates.

/** A position, and what it waits for. */
interface Candidate {
  readonly position: bigint
  /** The transactions of the coordinator that may fill a position up to this one. */
  writers: ReadonlySet<string>
  /** When they have ended: the id of each node below which transactions must end. */
  nodes: NodeTransactions | null
}

/** More would not help: those that wait for the same long transaction pass together. */
const candidatesMax = 16

/** Finds out up to which position no further event can appear in a cluster. */
export class ClusterFence {
  #passed = 0n
  #startedAt = ''
  #candidates: Candidate[] = []
  #turn: Promise<void> | null = null

  /**
   * No event up to this position can appear later. Those that exist are visible to the next statement. 0 for another
   * start of the coordinator than that of the candidates.
   */
  passedSince(startedAt: string): bigint {
    return startedAt === this.#startedAt ? this.#passed : 0n
  }

  /** Begins a candidate at the last position, and checks those that wait. Callers share a turn. */
  async advance(db: Db): Promise<void> {
    this.#turn ??= this.#advance(db).finally(() => {
      this.#turn = null
    })
    await this.#turn
  }

  async #advance(db: Db): Promise<void> {
    const { position, startedAt } = await readLastPosition(db)
    if (startedAt !== this.#startedAt) {
      this.#startedAt = startedAt
      this.#passed = 0n
      this.#candidates = []
    }
    const running = await findWriters(db)
    const newest = this.#candidates.at(-1)?.position ?? this.#passed
    if (position > newest && this.#candidates.length < candidatesMax) {
      this.#candidates.push({ position, writers: running, nodes: null })
    }
    for (const candidate of this.#candidates) {
      candidate.writers = new Set([...candidate.writers].filter((one) => running.has(one)))
    }
    await this.#takeIds(db)
    await this.#passNodes(db)
  }

  /** Begins stage 2 of the newest candidate that may. It stands for the older ones that have not begun. */
  async #takeIds(db: Db): Promise<void> {
    const ready = this.#candidates.filter(({ writers, nodes }) => writers.size === 0 && !nodes)
    const newest = ready.at(-1)
    if (!newest) return
    this.#candidates = this.#candidates.filter((one) => one === newest || !ready.includes(one))
    newest.nodes = await takeTransactionIds(db)
  }

  async #passNodes(db: Db): Promise<void> {
    const begun = this.#candidates.filter(({ nodes }) => nodes !== null)
    if (begun.length === 0) return
    const oldest = await readOldestTransactions(db)
    if (!oldest) return
    const passed = begun.findLast(({ nodes }) => nodes && isReached(nodes, oldest))
    if (passed) {
      this.#passed = passed.position
      this.#candidates = this.#candidates.filter(({ position }) => position > passed.position)
    }
    for (const candidate of this.#candidates) {
      if (candidate.nodes && !haveSameNodes(candidate.nodes, oldest)) candidate.nodes = null
    }
  }
}

function isReached(ids: NodeTransactions, oldest: NodeTransactions): boolean {
  return (
    haveSameNodes(ids, oldest) && [...ids].every(([node, id]) => (oldest.get(node) ?? 0n) >= id)
  )
}

function haveSameNodes(one: NodeTransactions, other: NodeTransactions): boolean {
  return one.size === other.size && [...one.keys()].every((node) => other.has(node))
}

const fences = new WeakMap<Sessions, ClusterFence>()

/** The fence of this process for a database. */
export function fenceOf(db: Db): ClusterFence {
  const sessions = sessionsOf(db)
  const fence = fences.get(sessions) ?? new ClusterFence()
  fences.set(sessions, fence)
  return fence
}
