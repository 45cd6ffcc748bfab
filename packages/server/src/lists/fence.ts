import { setTimeout as sleep } from 'node:timers/promises'
import { idPrefixes } from '@hedgepayments/contract'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { madeAtMs } from '../domain/ids.ts'
import { type Refusal, refuseField } from '../http/answers/refusal.ts'
import { type FencedPage, type Page, readPage } from '../http/request/pagination.ts'
import { findClaims, type IdClaim, type ListedKind, readFence } from './ids.sql.ts'

type Db = Kysely<Schema>

/** How long a list waits for a transaction that may still insert into it, from when that began. */
const waitMsMax = 2_000
/** How long it waits for one that began before. */
const lateWaitMs = 200
/** Between two looks at such transactions, most of which take a few milliseconds. */
const lookMs = { first: 2, max: 50 }

interface ListRequest {
  readonly kind: ListedKind
  readonly account: Account
  readonly query: Parameters<typeof readPage>[0]
  /** After so many days retention may delete an object, which a client may have as its cursor. */
  readonly daysKept?: number
}

/**
 * Reads the cursors of a list and finds out through which id it may be shown: no object ever
 * appears behind a cursor that a list has given out (`ids.sql.ts`).
 *
 * @returns the refusal, if a cursor is no object of this merchant and mode.
 */
export async function openPage(
  db: Db,
  { kind, account, query, daysKept }: ListRequest,
): Promise<FencedPage | Refusal> {
  const page = readPage(query, kind)
  if ('refusal' in page) return page
  const cursor = page.after ?? page.before
  const fence = await readFence(db, { kind, account, cursor })
  if (cursor !== null && !fence.isCursorKnown && !mayBeDeleted(cursor, daysKept)) {
    return refuseCursor(page, `the id of an object of this list, ${idPrefixes[kind]}…`)
  }
  if (fence.isClear) return { ...page, through: fence.through }
  const earliest = await waitForClaims(db, { kind, account })
  const through = earliest !== null && earliest < fence.through ? earliest : fence.through
  return { ...page, through }
}

/** Refuses the cursor of a page. */
export function refuseCursor(page: Page, expected: string): Refusal {
  return page.after === null
    ? refuseField('ending_before', page.before, expected)
    : refuseField('starting_after', page.after, expected)
}

/** Whether the id is so old that its object may be deleted: its place in the list is known. */
function mayBeDeleted(id: string, daysKept: number | undefined): boolean {
  if (daysKept === undefined || !/_[0-9a-hjkmnp-tv-z]{26,}$/.test(id)) return false
  return madeAtMs(id) < Date.now() - daysKept * 86_400_000
}

/**
 * Waits until the transactions that may commit an id of a list have ended, unless one has run for
 * too long. Returns the lowest id that those left may commit; `null`: none are left.
 */
async function waitForClaims(
  db: Db,
  list: { kind: ListedKind; account: Account },
): Promise<string | null> {
  const startedMs = performance.now()
  const waitedMs = () => performance.now() - startedMs
  let claims = await findClaims(db, list)
  const first = new Set(claims.map(({ transaction }) => transaction))
  for (let pauseMs = lookMs.first; claims.length > 0; pauseMs *= 2) {
    if (waitedMs() > (claims.some(isYoung) ? waitMsMax : lateWaitMs)) break
    await sleep(Math.min(lookMs.max, pauseMs))
    // Those that have begun since the fence was read take higher ids.
    claims = (await findClaims(db, list)).filter(({ transaction }) => first.has(transaction))
  }
  return claims.reduce<string | null>(
    (earliest, { since }) =>
      since !== null && (earliest === null || since < earliest) ? since : earliest,
    null,
  )
}

function isYoung({ age_seconds: age }: IdClaim): boolean {
  return age === null || age * 1000 < waitMsMax
}
