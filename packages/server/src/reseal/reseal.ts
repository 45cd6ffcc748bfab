import type { Db } from '../database/db.ts'
import type { ProcessorCredentialsRow } from '../database/schema.ts'
import { resealCredentials } from '../processors/credentials.ts'
import { Keyring, MissingKeyError } from '../sealing/keyring.ts'
import { createSealer } from '../sealing/sealer.ts'
import { type HeadKeyRow, listHeadKeys, saveHeadKeySecret } from '../seals/head-keys.sql.ts'
import { createHeadKeySealer } from '../seals/head-keys.ts'
import {
  type EndpointSecrets,
  findOutdatedCredentials,
  findOutdatedEndpoints,
  saveEndpointSecrets,
  saveSealedCredentials,
} from './reseal.sql.ts'

/** The kinds of rows with secrets that `HEDGE_ENCRYPTION_KEY` seals. */
export type SealedKind = 'webhook_endpoint' | 'processor_credentials' | 'head_key'

/** A row whose secret could not be sealed again. */
export interface UnreadableSecret {
  readonly kind: SealedKind
  /** The endpoint, or the merchant and mode. */
  readonly id: string
  /** Without any secret. */
  readonly reason: string
}

/** What `resealSecrets` has done. */
export interface Resealed {
  /** Rows that were sealed again, by kind. */
  readonly resealed: Readonly<Record<SealedKind, number>>
  /** Rows that the current key has not sealed. */
  readonly left: readonly UnreadableSecret[]
}

/**
 * Seals every stored secret again that the current key has not sealed, also those that were stored without
 * a key. Each row is a statement that changes it only if nobody else has, so servers may run meanwhile,
 * and what stops in between goes on where it was. Rows that cannot be read stay as they are.
 *
 * The servers do not do this by themselves. One that has only the old key cannot read what the new one
 * seals, and only the operator knows when the last such process has ended.
 *
 * @param keys the current key, and the previous one.
 */
export async function resealSecrets(db: Db, keys: readonly string[]): Promise<Resealed> {
  const endpoints = await resealKind(endpointSecrets(db, keys))
  const credentials = await resealKind(credentialSecrets(db, keys))
  const headKeys = await resealKind(headKeySecrets(db, keys))
  return {
    resealed: {
      webhook_endpoint: endpoints.resealed,
      processor_credentials: credentials.resealed,
      head_key: headKeys.resealed,
    },
    left: [...endpoints.left, ...credentials.left, ...headKeys.left],
  }
}

/** How the secrets of one kind of rows are found and sealed again. */
interface SealedRows<Row> {
  readonly kind: SealedKind
  /** The next rows behind a place that the current key has not sealed. */
  readonly find: (after: Row | null) => Promise<Row[]>
  /** Seals a row again. `false`: somebody has changed it meanwhile. */
  readonly reseal: (row: Row) => Promise<boolean>
  readonly idOf: (row: Row) => string
}

/** Tries for rows that a server keeps changing. It seals them by its own current key. */
const roundsMax = 5

/** Goes through the rows until none is left that can be sealed again. */
async function resealKind<Row>(
  rows: SealedRows<Row>,
): Promise<{ resealed: number; left: UnreadableSecret[] }> {
  let resealed = 0
  for (let round = 1; ; round++) {
    const left: UnreadableSecret[] = []
    let changed = 0
    let after: Row | null = null
    for (let found = await rows.find(after); found.length > 0; found = await rows.find(after)) {
      for (const row of found) {
        after = row
        const outcome = await resealRow(rows, row)
        if (outcome === 'resealed') resealed++
        else if (outcome === 'changed') changed++
        else left.push({ kind: rows.kind, id: rows.idOf(row), reason: outcome.reason })
      }
    }
    if (changed === 0) return { resealed, left }
    if (round === roundsMax) throw new Error(`a server keeps changing ${changed} secrets`)
  }
}

async function resealRow<Row>(
  rows: SealedRows<Row>,
  row: Row,
): Promise<'resealed' | 'changed' | { reason: string }> {
  try {
    return (await rows.reseal(row)) ? 'resealed' : 'changed'
  } catch (error) {
    const reason = unreadableReason(error)
    if (reason === null) throw error
    return { reason }
  }
}

/** Why a secret cannot be read; `null`: the error has another cause. */
function unreadableReason(error: unknown): string | null {
  if (error instanceof MissingKeyError) return error.message
  const { code, message } = error as { code?: string; message?: string }
  // Node's error of a ciphertext that was changed has no code.
  if (code === undefined && /unable to authenticate|neither sealed nor plain/.test(message ?? '')) {
    return 'the stored text was changed'
  }
  return null
}

function endpointSecrets(db: Db, keys: readonly string[]): SealedRows<EndpointSecrets> {
  const sealer = createSealer(keys)
  const { currentPrefix: current } = sealer
  const reseal = (sealed: string, id: string) =>
    sealed.startsWith(current) ? sealed : sealer.seal(sealer.open(sealed, id), id)
  return {
    kind: 'webhook_endpoint',
    find: (after) => findOutdatedEndpoints(db, { current, after }),
    reseal: async (before) => {
      const { id, secret, old_secret: old } = before
      const sealed = {
        secret: reseal(secret, id),
        old_secret: old === null ? null : reseal(old, id),
      }
      return await saveEndpointSecrets(db, { before, sealed })
    },
    idOf: ({ id }) => id,
  }
}

function credentialSecrets(db: Db, keys: readonly string[]): SealedRows<ProcessorCredentialsRow> {
  const keyring = new Keyring(keys, 'processor credentials')
  const current = keyring.currentId
  return {
    kind: 'processor_credentials',
    find: (after) => findOutdatedCredentials(db, { current, after }),
    reseal: async (before) =>
      await saveSealedCredentials(db, { before, sealed: resealCredentials(keyring, before) }),
    idOf: ({ merchant_id: merchant, livemode }) => `${merchant} ${livemode ? 'live' : 'test'}`,
  }
}

function headKeySecrets(db: Db, keys: readonly string[]): SealedRows<HeadKeyRow> {
  const sealer = createHeadKeySealer(keys)
  const { currentPrefix: current } = sealer
  return {
    kind: 'head_key',
    find: async (after) =>
      (await listHeadKeys(db)).filter(
        ({ id, secret }) => id > (after?.id ?? '') && !secret.startsWith(current),
      ),
    reseal: async (before) => {
      const sealed = sealer.seal(sealer.open(before.secret, before.id), before.id)
      return await saveHeadKeySecret(db, { before, sealed })
    },
    idOf: ({ id }) => id,
  }
}
