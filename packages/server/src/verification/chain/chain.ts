import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { firstPreviousHash, hashSeal, rowsOf, unpackRows } from '../../seals/rows.ts'
import { findEventsOf } from '../../seals/sealable-events.sql.ts'
import { findSeals, readProgress, type SealRow } from '../../seals/seals.sql.ts'
import { firstDifference } from './differences.ts'

/** Seals read at once: each has at most some hundred kilobytes. */
const sealsPerPage = 20
/** Rows that are read beyond those of a seal: inserted ones show, whatever their number. */
const extraEvents = 10

/** A chain that was recomputed. */
export interface CheckedChain {
  readonly account: Account
  readonly seals: number
  readonly events: number
  /** The first row of each seal that differs, as phrases for people. */
  readonly differences: readonly string[]
}

/** The lowest bigint: an event that somebody inserts with any position is found. */
const beforeAll = -(2n ** 63n)

/** Differences that are kept of one chain. */
const differencesMax = 5

/**
 * Recomputes the chain of a merchant and mode from the present events and transfers. It reads a seal at a
 * time. What is sealed never changes, so a running server causes no false alarm.
 */
export async function checkChain(db: Db, account: Account): Promise<CheckedChain> {
  // Read first: by then, every event up to this position has its seal.
  const progress = await readProgress(db)
  const differences: string[] = []
  const add = (what: string | null) => {
    if (what !== null && differences.length < differencesMax) differences.push(what)
  }
  let seals = 0
  let events = 0
  let last: Link = { number: 0n, throughPosition: beforeAll, hash: firstPreviousHash }
  for (;;) {
    const page = await findSeals(db, { account, after: last.number, limit: sealsPerPage })
    for (const seal of page) {
      add(await checkSeal(db, { account, seal, last }))
      last = linkOf(seal)
      seals++
      events += seal.events
    }
    if (page.length < sealsPerPage) break
  }
  if (progress > last.throughPosition) {
    const { throughPosition: after } = last
    const [unsealed] = await findEventsOf(db, { account, after, through: progress, limit: 1 })
    const row = unsealed && rowsOf(unsealed)[0]
    if (row) add(`${row.label} at position ${row.position} is in no seal: it was inserted`)
  }
  return { account, seals, events, differences }
}

/** Where a seal continues a chain. */
interface Link {
  readonly number: bigint
  readonly throughPosition: bigint
  readonly hash: Buffer
}

function linkOf(seal: SealRow): Link {
  return {
    number: BigInt(seal.number),
    throughPosition: BigInt(seal.through_position),
    hash: seal.hash,
  }
}

/** What is wrong with a seal; `null`: nothing. */
async function checkSeal(
  db: Db,
  { account, seal, last }: { account: Account; seal: SealRow; last: Link },
): Promise<string | null> {
  const { number, throughPosition } = linkOf(seal)
  if (number !== last.number + 1n) {
    return `seal ${last.number + 1n} is missing`
  }
  if (!seal.previous_hash.equals(last.hash)) {
    return `seal ${number} does not continue seal ${last.number}`
  }
  const found = await findEventsOf(db, {
    account,
    after: last.throughPosition,
    through: throughPosition,
    limit: seal.events + extraEvents,
  })
  const rows = found.flatMap(rowsOf)
  const difference = firstDifference(unpackRows(seal.row_hashes, throughPosition), rows)
  if (difference !== null) return difference
  const hash = hashSeal({ ...account, number, previousHash: last.hash, rows })
  return hash.equals(seal.hash) ? null : `seal ${number} was changed`
}
