import type {
  Processor,
  Processors,
} from '../../packages/server/src/processors/interface/processor.ts'
import type { CaptureResult } from '../../packages/server/src/processors/interface/results.ts'

/** A call that waits until the test answers it. */
interface WaitingCall {
  readonly merchantId: string
  readonly kind: 'capture' | 'void'
  /** Lets the processor do it, or refuse it for the rate of the calls. */
  answer(how: 'done' | 'too many'): void
}

/** A processor whose captures and voids wait for the test. Each merchant has an account of its own. */
export class GatedProcessors {
  readonly waiting: WaitingCall[] = []

  /** The calls of a merchant that wait now. */
  waitingOf(merchantId: string, kind: WaitingCall['kind'] = 'capture'): WaitingCall[] {
    return this.waiting.filter((call) => call.merchantId === merchantId && call.kind === kind)
  }

  get processors(): Processors {
    return {
      forNew: async () => null,
      forSent: async ({ merchantId }) => this.#processorOf(merchantId),
      rulesForNew: async () => null,
      rulesWith: () => null,
      withoutCredentials: () => null,
      rulesOf: () => null,
    }
  }

  #processorOf(merchantId: string): Processor {
    const absent = { state: 'absent' } as const
    const unused = () => Promise.reject(new Error('this call is not expected'))
    return {
      name: 'gated',
      account: `gated ${merchantId}`,
      rules: { checkNew: () => null, checkPart: () => null },
      pageForm: () => null,
      authorize: unused,
      refund: unused,
      noticeFromWebhook: unused,
      lookUp: () => Promise.resolve(absent),
      capture: (payment, { amountMinor, signal }) =>
        this.#wait<CaptureResult>(
          { merchantId, kind: 'capture', signal },
          {
            outcome: 'captured',
            reference: payment.id,
            capturedMinor: amountMinor,
            feeMinor: null,
          },
        ),
      void: (_, { signal }) =>
        this.#wait({ merchantId, kind: 'void', signal }, { outcome: 'voided' as const }),
    }
  }

  #wait<T>(
    {
      merchantId,
      kind,
      signal,
    }: Pick<WaitingCall, 'merchantId' | 'kind'> & { signal: AbortSignal },
    result: T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: WaitingCall = {
        merchantId,
        kind,
        answer: (how) => {
          leave()
          if (how === 'done') resolve(result)
          else reject(Object.assign(new Error('Too many requests.'), { statusCode: 429 }))
        },
      }
      const leave = () => {
        const at = this.waiting.indexOf(call)
        if (at >= 0) this.waiting.splice(at, 1)
      }
      // At its deadline the call has ended, and another one may wait in its place.
      signal.addEventListener('abort', leave, { once: true })
      this.waiting.push(call)
    })
  }
}
