import type { ClientBase } from 'pg'
import { addChanges, type Change, deleteChanges, lastChangeOf, readChanges } from './changes.sql.ts'
import { Comparison } from './comparison.ts'
import { copyPart } from './copy.sql.ts'
import { type Cascaded, deletePart, findGone } from './delete.sql.ts'
import { isSame, measurePage, measurePart, measureSmall } from './measure.sql.ts'
import type { Place } from './parts.sql.ts'
import type { TableShape } from './shapes.sql.ts'
import { inSnapshot } from './transactions.sql.ts'

/** The connections of a copy. */
export interface Connections {
  /** Measures the next page while `source` copies one. */
  readonly reader: ClientBase
  readonly source: ClientBase
  readonly target: ClientBase
}

/** Whose rows are copied. */
export interface SyncGiven {
  readonly merchantId: string
  /** Is added to positions. */
  readonly offset: bigint
}

/** Rows that are found by their places at once. */
const placesPerPart = 500

/**
 * Compares the tables of a merchant on both sides, page by page, by counts and hashes, and copies the pages that
 * differ. Memory and statements are bounded by a page. Each row is compared once, as it was at some time since
 * the first page. The guards record what changes meanwhile, so `syncChanges` finds it, deletions included.
 *
 * Small tables are compared by one statement, because most do not differ.
 *
 * @throws {MoveError} if a copied page differs.
 */
export async function syncTables(
  connections: Connections,
  shapes: readonly TableShape[],
  given: SyncGiven,
): Promise<Comparison> {
  const { merchantId } = given
  const comparison = new Comparison()
  const [here, there] = await Promise.all([
    measureSmall(connections.reader, shapes, given),
    measureSmall(connections.target, shapes, { merchantId, offset: 0n }),
  ])
  // Tables that have lost rows since they were measured. They come behind the tables that these rows refer to.
  const outdated = new Set<string>()
  for (const shape of shapes) {
    const [own, other] = [here.get(shape.name), there.get(shape.name)]
    const isCompared = own && other && isSame(own, other) && !outdated.has(shape.name)
    if (isCompared) comparison.add(shape.name, own)
    else await syncTable(connections, shape, { ...given, comparison, outdated })
  }
  return comparison
}

async function syncTable(
  { reader, source, target }: Connections,
  shape: TableShape,
  given: SyncGiven & { comparison: Comparison; outdated: Set<string> },
): Promise<void> {
  const { merchantId, offset, comparison, outdated } = given
  let after: Place | null = null
  let next = measurePage(reader, shape, { merchantId, after, offset })
  for (;;) {
    const page = await next
    const part = { merchantId, after, through: page.last }
    if (page.last) next = measurePage(reader, shape, { merchantId, after: page.last, offset })
    // The failure of the next page is reported when it is its turn.
    next.catch(() => undefined)
    if (isSame(page, await measurePart(target, shape, part))) comparison.add(shape.name, page)
    else {
      const copied = await inSnapshot(source, () =>
        copyPart({ source, target }, shape, { part, offset }),
      )
      comparison.add(shape.name, copied.after)
      for (const table of copied.cascaded.keys()) outdated.add(table)
      await copyLater(source, { merchantId, table: shape.name, places: copied.leftOut })
    }
    if (!page.last) return
    after = page.last
  }
}

/**
 * Copies what has changed since the tables were compared, and compares these rows. Rows that change meanwhile
 * are left for the next call. Returns how many changes there were.
 *
 * @throws {MoveError} if a copied row differs.
 */
export async function syncChanges(
  connections: Connections,
  shapes: readonly TableShape[],
  given: SyncGiven & { comparison: Comparison },
): Promise<number> {
  const { source } = connections
  const { merchantId } = given
  const through = await lastChangeOf(source, merchantId)
  if (through === null) return 0
  let count = 0
  for (let after = '0'; ; ) {
    const { changes, leftOut } = await inSnapshot(source, async () => {
      const read = await readChanges(source, { merchantId, after, through })
      return { changes: read, leftOut: await copyChanged(connections, shapes, { ...given, read }) }
    })
    const last = changes.at(-1)
    if (!last) return count
    for (const [table, places] of leftOut) await copyLater(source, { merchantId, table, places })
    await deleteChanges(source, merchantId, changes)
    count += changes.length
    after = last.id
  }
}

/** Copies the rows of some changes. Deletions begin with the last table, and other changes with the first one. */
async function copyChanged(
  { source, target }: Connections,
  shapes: readonly TableShape[],
  given: SyncGiven & { comparison: Comparison; read: readonly Change[] },
): Promise<Map<string, Place[]>> {
  const { merchantId, offset, comparison } = given
  const leftOut = new Map<string, Place[]>()
  const parts = partsOf(shapes, given.read)
  for (const { shape, places } of parts.toReversed()) {
    const gone = await findGone(source, shape, { merchantId, places })
    if (gone.length === 0) continue
    const deleted = await deletePart(target, shape, { merchantId, places: gone })
    comparison.subtract(shape.name, deleted.before)
    subtractAll(comparison, deleted.cascaded)
  }
  for (const { shape, places } of parts) {
    const part = { merchantId, places }
    const copied = await copyPart({ source, target }, shape, { part, offset })
    comparison.subtract(shape.name, copied.before)
    subtractAll(comparison, copied.cascaded)
    comparison.add(shape.name, copied.after)
    if (copied.leftOut.length > 0)
      leftOut.set(shape.name, [...(leftOut.get(shape.name) ?? []), ...copied.leftOut])
  }
  return leftOut
}

function subtractAll(comparison: Comparison, cascaded: Cascaded): void {
  for (const [table, measure] of cascaded) comparison.subtract(table, measure)
}

/** The places of the changes of each table, without duplicates, by the part. */
function partsOf(
  shapes: readonly TableShape[],
  changes: readonly Change[],
): { shape: TableShape; places: Place[] }[] {
  return shapes.flatMap((shape) => {
    const found = changes.filter(({ table }) => table === shape.name)
    const places = [...new Map(found.map(({ place }) => [JSON.stringify(place), place])).values()]
    return Array.from({ length: Math.ceil(places.length / placesPerPart) }, (_, n) => ({
      shape,
      places: places.slice(n * placesPerPart, (n + 1) * placesPerPart),
    }))
  })
}

async function copyLater(
  source: ClientBase,
  given: Parameters<typeof addChanges>[1],
): Promise<void> {
  if (given.places.length > 0) await addChanges(source, given)
}

/** Measures all rows of a merchant on one side. */
export async function measureTables(
  client: ClientBase,
  shapes: readonly TableShape[],
  { merchantId, offset }: SyncGiven,
): Promise<Comparison> {
  const comparison = new Comparison()
  for (const shape of shapes) {
    for (let after: Place | null = null; ; ) {
      const page = await measurePage(client, shape, { merchantId, after, offset })
      comparison.add(shape.name, page)
      if (!page.last) break
      after = page.last
    }
  }
  return comparison
}
