import { setTimeout as sleep } from 'node:timers/promises'
import { idPrefixes } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import { madeAtMs } from '../domain/ids.ts'
import { type Refusal, refuseField } from '../http/answers/refusal.ts'
import { type FencedPage, type Page, readPage } from '../http/request/pagination.ts'
import { findClaims, type IdClaim, type ListedKind, readFence } from './ids.sql.ts'

/** How long a list waits for a transaction that may still insert into it, from the transaction's start. */
const waitMsMax = 2_000
/** How long a list waits for a transaction that has run for longer already. */
const lateWaitMs = 200
/** Pauses between two checks of these transactions, most of which take a few milliseconds. */
const pauseMs = { first: 2, max: 50 }

interface ListRequest {
  readonly kind: ListedKind
  readonly account: Account
  readonly query: Parameters<typeof readPage>[0]
  /** Days until retention may delete an object. A client may still use its id as a cursor. */
  readonly daysKept?: number
}

/**
 * Reads the cursors of a list, and the last id that the list may show: no object ever appears behind a
 * cursor that a list has given out (`ids.sql.ts`).
 *
 * @returns a refusal if the cursor is not an object of this list, merchant and mode.
 */
export async function openPage(
  db: Db,
  { kind, account, query, daysKept }: ListRequest,
): Promise<FencedPage | Refusal> {
  const page = readPage(query, kind)
  if ('refusal' in page) return page
  const cursor = page.after ?? page.before
  const fence = await readFence(db, { kind, account, cursor })
  if (cursor !== null && !fence.hasCursor && !mayBeDeleted(cursor, daysKept)) {
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

/** Whether retention may have deleted the object of an id. The id still has its place in the order. */
function mayBeDeleted(id: string, daysKept: number | undefined): boolean {
  if (daysKept === undefined || !/_[0-9a-hjkmnp-tv-z]{26,}$/.test(id)) return false
  return madeAtMs(id) < Date.now() - daysKept * 86_400_000
}

/**
 * Waits until the transactions that may commit an id of a list have ended, but only for a limited time.
 *
 * @returns the lowest id that the remaining transactions may commit; `null`: all have ended.
 */
async function waitForClaims(
  db: Db,
  list: { kind: ListedKind; account: Account },
): Promise<string | null> {
  const startedMs = performance.now()
  const waitedMs = () => performance.now() - startedMs
  let claims = await findClaims(db, list)
  const first = new Set(claims.map(({ transaction }) => transaction))
  for (let ms = pauseMs.first; claims.length > 0; ms *= 2) {
    if (waitedMs() > (claims.some(isYoung) ? waitMsMax : lateWaitMs)) break
    await sleep(Math.min(pauseMs.max, ms))
    // Transactions that began after the fence was read take higher ids.
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
