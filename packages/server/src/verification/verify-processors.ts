import type { Database } from '../database/connect.ts'
import { type Check, countOf, fail, warn } from '../diagnosis/engine/check.ts'
import type { Timestamp } from '../domain/time.ts'
import { createProcessors } from '../processors/processors.ts'
import { Keyring } from '../sealing/keyring.ts'
import type { Config } from '../wiring/config.ts'
import { type CheckText, Findings } from './findings.ts'
import { runnerOf } from './pages/runner.ts'
import { checkProcessors } from './processors/check-processors.ts'

const text: CheckText = {
  name: 'processor',
  guarantee: 'the processor has the captures and refunds that the books have, and no others',
  action:
    "find the payment in the processor's dashboard: what was done there by hand is recorded within an hour",
}

/** Examples of errors in the report. */
const errorsMax = 3

/**
 * Looks up each payment that has ended and was created since a time at its processor: the sandbox, or
 * Stripe with the server's settings. Reads only. A payment with a call that is planned or in progress
 * is left out, because both sides may differ during a call.
 */
export async function verifyProcessors(options: {
  database: Database
  merchantId: string | null
  since: Timestamp
  /** The server's settings, which contain the credentials. */
  config: Config
  onProgress: (done: number) => void
}): Promise<Check[]> {
  const { database, merchantId, since, config, onProgress } = options
  const keys = [config.encryptionKey, config.encryptionKeyPrevious].filter((key) => key !== null)
  const processors = createProcessors({
    db: database.db,
    publicUrl: () => config.publicUrl ?? '',
    keyring: keys.length > 0 ? new Keyring(keys, 'processor credentials') : null,
    stripe: config.stripe,
  })
  const findings = new Findings()
  const unanswered = { count: 0, errors: new Map<string, string>() }
  let done = 0
  const given = { db: database.db, runner: runnerOf(database), processors, merchantId, since }
  for await (const { id, difference, error } of checkProcessors(given)) {
    if (difference !== null) findings.add(text.name, [`${id} (${difference})`])
    if (error !== null) {
      unanswered.count++
      if (unanswered.errors.size < errorsMax) unanswered.errors.set(error, id)
    }
    onProgress(++done)
  }
  const compared = done - unanswered.count
  const agreed = `${countOf(compared, 'payment')} looked up since ${since}`
  if (unanswered.count === 0) return [findings.resultOf(text, `${agreed}: the books agree`)]
  const result =
    compared === 0 ? nothingCompared(done) : findings.resultOf(text, `${agreed}: the books agree`)
  return [result, notAnswered(unanswered)]
}

/** A comparison that compared nothing must not look like one that found nothing. */
function nothingCompared(payments: number): Check {
  return fail(text.name, {
    found: `none of ${countOf(payments, 'payment')} could be looked up`,
    expected: text.guarantee,
    action: 'see processor_answers for the errors, and run it again',
  })
}

function notAnswered(unanswered: { count: number; errors: ReadonlyMap<string, string> }): Check {
  const errors = [...unanswered.errors].map(([error, id]) => `${id}: ${error}`).join('; ')
  return warn('processor_answers', {
    found: `${countOf(unanswered.count, 'payment')} not looked up: ${errors}`,
    expected: 'an answer of the processor for each payment',
    action: "run it with the server's settings, such as HEDGE_ENCRYPTION_KEY, or again later",
  })
}
