import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  ConfigurationError,
  HedgePayments,
  InvalidArgumentError,
  type RawBody,
  SignatureExpiredError,
  SignatureMalformedError,
  SignatureMismatchError,
  SignatureMissingError,
  SignatureVerificationError,
  signTestEvent,
  verifyWebhook,
  verifyWebhookAsync,
  verifyWebhookSync,
} from '../../packages/node/src/index.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const body = '{"id":"evt_1","object":"event","type":"payment.canceled","remark":"Zoë €"}'
const now = new Date('2024-06-15T10:32:00Z')
const nowSeconds = now.getTime() / 1_000

/** The signature computed with Node's own HMAC, not the SDK's. */
function mac(time: number | string = nowSeconds, key = secret, signedBody = body): string {
  return createHmac('sha256', key).update(`${time}.${signedBody}`).digest('hex')
}

const header = `t=${nowSeconds},v1=${mac()}`

describe('a genuine webhook', () => {
  const bytes = new TextEncoder().encode(body)
  const padded = new Uint8Array([1, 2, ...bytes, 3])
  test.each<[string, RawBody]>([
    ['string', body],
    ['Uint8Array', bytes],
    ['Uint8Array within a larger buffer', padded.subarray(2, -1)],
    ['ArrayBuffer', bytes.buffer],
    ['Buffer', Buffer.from(body)],
  ])('passes as %s', async (_name, raw) => {
    const event = verifyWebhook(raw, header, secret, { now })
    expect(event).toEqual(JSON.parse(body))
    expect(verifyWebhookSync(raw, header, secret, { now })).toEqual(event)
    expect(await verifyWebhookAsync(raw, header, secret, { now })).toEqual(event)
  })

  test.each([
    ['of Node and Express', { host: 'localhost', 'x-hedge-signature': header }],
    ['of a gateway that keeps capitals', { 'X-Hedge-Signature': [header] }],
    ['of fetch', new Headers({ 'X-Hedge-Signature': header })],
  ])('passes with the whole headers object %s', async (_name, headers) => {
    expect(verifyWebhook(body, headers, secret, { now }).id).toBe('evt_1')
    expect((await verifyWebhookAsync(body, headers, secret, { now })).id).toBe('evt_1')
  })

  test('passes through the client', async () => {
    const hedge = new HedgePayments({ apiSecret: 'sk_test_1' })
    const signature = await hedge.webhooks.signTestEvent(body, secret)
    expect(hedge.webhooks.verify(body, signature, secret).id).toBe('evt_1')
    expect(hedge.webhooks.verifySync(body, signature, secret).id).toBe('evt_1')
    expect((await hedge.webhooks.verifyAsync(body, signature, secret)).id).toBe('evt_1')
  })

  test('passes during a rotation of the secret, on either side', async () => {
    const old = `t=${nowSeconds},v1=${mac(nowSeconds, 'whsec_old')},v1=${mac()}`
    for (const verify of [verifyWebhook, verifyWebhookAsync]) {
      await verify(body, old, secret, { now })
      await verify(body, header, ['whsec_new', secret], { now })
      await verify(body, [header], secret, { now })
    }
  })

  test('passes with unknown schemes, blanks, and an upper-case signature', async () => {
    const later = `v2=abc, t=${nowSeconds} , v1=${mac().toUpperCase()}`
    verifyWebhook(body, later, secret, { now })
    await verifyWebhookAsync(body, later, secret, { now })
  })

  test('has the signature that signTestEvent computes', async () => {
    expect(await signTestEvent(body, secret, { timestamp: now })).toBe(header)
  })
})

describe('a webhook is refused if', () => {
  const refused = async (
    signature: string | undefined,
    options: { raw?: RawBody; key?: string; at?: number; toleranceSeconds?: number } = {},
  ) => {
    const { raw = body, key = secret, at = nowSeconds, toleranceSeconds } = options
    const given = { now: new Date(at * 1_000), toleranceSeconds }
    const call = verifyWebhookAsync(raw, signature, key, given)
    const one = await call.catch((error: unknown) => error)
    const other = outcomeOf(() => verifyWebhook(raw, signature, key, given))
    expect(other, 'both say the same').toEqual(one)
    return one
  }

  test.each([undefined, ''])('it has no signature: %j', async (signature) => {
    expect(await refused(signature)).toBeInstanceOf(SignatureMissingError)
  })

  test.each([
    'nonsense',
    `v1=${mac()}`,
    `t=${nowSeconds}`,
    `t=,v1=${mac('')}`,
    `t=-1,v1=${mac(-1)}`,
    `t=1e9,v1=${mac('1e9')}`,
    `t=${nowSeconds},t=${nowSeconds},v1=${mac()}`,
    `t=${nowSeconds},v1=${mac().slice(2)}`,
    `t=${nowSeconds},v0=${mac()}`,
    `t=${nowSeconds}${`,v1=${mac()}`.repeat(11)}`,
  ])('its signature is malformed: %s', async (signature) => {
    expect(await refused(signature)).toBeInstanceOf(SignatureMalformedError)
  })

  test('it was changed, or signed with another secret, or for another time', async () => {
    const error = await refused(header, { raw: body.replace('evt_1', 'evt_2') })
    expect(error).toBeInstanceOf(SignatureMismatchError)
    expect(error).toBeInstanceOf(SignatureVerificationError)
    expect(error).toMatchObject({ code: 'signature_mismatch' })
    expect(await refused(header, { key: 'whsec_other' })).toBeInstanceOf(SignatureMismatchError)
    const moved = `t=${nowSeconds + 1},v1=${mac()}`
    expect(await refused(moved)).toBeInstanceOf(SignatureMismatchError)
  })

  test('it is more than five minutes old, or more than five minutes ahead', async () => {
    for (const shift of [-301, 301]) {
      expect(await refused(header, { at: nowSeconds + shift })).toBeInstanceOf(
        SignatureExpiredError,
      )
    }
    for (const shift of [-300, 300]) {
      expect(await refused(header, { at: nowSeconds + shift })).toMatchObject({ id: 'evt_1' })
    }
  })

  test('it is beyond the given tolerance, and always for NaN', async () => {
    const late = { at: nowSeconds + 11, toleranceSeconds: 10 }
    expect(await refused(header, late)).toBeInstanceOf(SignatureExpiredError)
    const odd = { toleranceSeconds: Number.NaN }
    expect(await refused(header, odd)).toBeInstanceOf(InvalidArgumentError)
  })

  test('it is forged and old, with the error of a forged one', async () => {
    const old = `t=${nowSeconds - 999},v1=${mac()}`
    expect(await refused(old)).toBeInstanceOf(SignatureMismatchError)
  })
})

describe('a configuration error names', () => {
  const refusalsOf = async (...given: Parameters<typeof verifyWebhook>) => [
    outcomeOf(() => verifyWebhook(...given)),
    outcomeOf(() => verifyWebhookSync(...given)),
    await verifyWebhookAsync(...given).catch((error: unknown) => error),
  ]

  /** What a template or `String()` makes of a missing value, a pasted expression, and a key of the API. */
  const noSecrets = [
    ...['undefined', 'null', '[object Object]', 'whsec_', 'whsec_undefined', 'whsec_null'],
    ...['process.env.HEDGE_WEBHOOK_SECRET', '$SECRET', '$', 'whsec_…', 'whsec_...'],
    ...['sk_test_1234567890', 'pk_live_1234567890'],
  ]
  const notTexts = [7, true, {}, new TextEncoder().encode(secret), new String(secret)]
  test.each([
    ...[undefined, null, '', ' ', '\t\n', [], [secret, ''], [secret, undefined], [[secret]]],
    ...notTexts,
    ...noSecrets,
  ])('a missing secret: %j', async (none) => {
    for (const error of await refusalsOf(body, header, none as string, { now })) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(String(error)).not.toContain(secret)
    }
    const signed = await signTestEvent(body, none as string).catch((error: unknown) => error)
    expect(signed).toBeInstanceOf(ConfigurationError)
  })

  test('more secrets than a rotation needs', async () => {
    for (const error of await refusalsOf(body, header, Array(11).fill(secret), { now })) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(String(error)).toContain('up to 10')
    }
  })

  test('a body that was already parsed', async () => {
    for (const error of await refusalsOf(JSON.parse(body), header, secret, { now })) {
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(String(error)).toContain('raw')
    }
  })

  test.each(['{', 'null', '[]', '"event"'])(
    'a signed body that is not an event: %s',
    async (raw) => {
      const signature = `t=${nowSeconds},v1=${mac(nowSeconds, secret, raw)}`
      for (const error of await refusalsOf(raw, signature, secret, { now })) {
        expect(error).toBeInstanceOf(InvalidArgumentError)
      }
    },
  )
})

function outcomeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('a wrong argument of a webhook is refused, never ignored', () => {
  const refusalsOf = async (signature: unknown, options?: unknown) => {
    const given = [body, signature, secret, options] as unknown as Parameters<typeof verifyWebhook>
    const errors = [
      outcomeOf(() => verifyWebhook(...given)),
      await verifyWebhookAsync(...given).catch((error: unknown) => error),
    ]
    for (const error of errors) expect(error).toBeInstanceOf(InvalidArgumentError)
    return String(errors[0])
  }

  test.each([
    [{ tolerance: Number.NaN }, 'there is no option tolerance: did you mean toleranceSeconds?'],
    [{ tolerance: -5 }, 'did you mean toleranceSeconds?'],
    [{ tolerance_seconds: 5 }, 'did you mean toleranceSeconds?'],
    [{ toleranceSeconds: Number.NaN }, 'toleranceSeconds is NaN: it must be a number of seconds'],
    [{ toleranceSeconds: -5 }, 'toleranceSeconds is -5: it must be a number of seconds'],
    [{ toleranceSeconds: '300' }, 'toleranceSeconds is a string: it must be a number of seconds'],
    [{ now: nowSeconds }, 'now must be a Date, but got a number'],
    [{ now: new Date('x') }, 'now must be a Date, but got an invalid Date'],
    [300, 'the options must be an object with toleranceSeconds, now, but got a number'],
    [null, 'but got null'],
  ])('the options %o', async (options, message) => {
    expect(await refusalsOf(header, options)).toContain(message)
  })

  test.each([
    [5, 'but got a number'],
    [true, 'but got a boolean'],
    [[header, 5], 'but got a number'],
    [{ 'x-hedge-signature': 5 }, 'but got a number'],
    [new Map([['x-hedge-signature', 5]]), 'but got a number'],
  ])('the signature %o', async (signature, message) => {
    expect(await refusalsOf(signature, { now })).toContain(message)
  })

  test.each([
    [{ timestamp: nowSeconds }, 'timestamp must be a Date, but got a number'],
    [{ timestamp: new Date('x') }, 'timestamp must be a Date, but got an invalid Date'],
    [{ time: now }, 'did you mean timestamp?'],
  ])('the options %o of a test event', async (options, message) => {
    const error = await signTestEvent(body, secret, options as object).catch((caught) => caught)
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(String(error)).toContain(message)
  })

  test('null is no option, and every tolerance is allowed that is no mistake', async () => {
    const none = { toleranceSeconds: null, now: null } as unknown as { now: undefined }
    const fresh = await signTestEvent(body, secret, { timestamp: null } as object)
    expect(verifyWebhook(body, fresh, secret, none).id).toBe('evt_1')
    for (const toleranceSeconds of [0, Number.POSITIVE_INFINITY]) {
      expect(verifyWebhook(body, header, secret, { now, toleranceSeconds }).id).toBe('evt_1')
    }
  })
})
