import type { PaymentPage } from '@hedgepayments/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { StoppedMerchants } from '../../cells/stopped-merchants.ts'
import type { Account } from '../../domain/account.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { isRefusal, type Refusal } from '../../http/answers/refusal.ts'
import { send } from '../../http/answers/send.ts'
import type { SubmissionDependencies } from '../../payments/submit/submission.ts'
import { findSubject } from '../link/find-subject.ts'
import type { PayableSubject } from '../link/subject.ts'
import { PageGuard, pageNotFound } from './page-guard.ts'
import { bankPageHeaders, pageHeaders, stripePageHeaders } from './page-headers.ts'
import { methodsOf, renderPage } from './page-state.ts'

/** A request to the API of a page. */
export type PageRequest = FastifyRequest<{ Params: { id: string } }>

/** What every route of the page's API does: check the request, find the subject, answer. */
export class PageRequests {
  readonly #dependencies: Pick<SubmissionDependencies, 'db' | 'processors'>
  readonly #refuseLive: () => Refusal | null
  readonly #stopped: StoppedMerchants
  readonly #guard = new PageGuard()

  constructor(options: {
    dependencies: Pick<SubmissionDependencies, 'db' | 'processors'>
    /** Refuses live mode where the deployment has no processor for it. */
    refuseLive: () => Refusal | null
    /** The merchants that move to another cell, or have moved. */
    stopped: StoppedMerchants
  }) {
    this.#dependencies = options.dependencies
    this.#refuseLive = options.refuseLive
    this.#stopped = options.stopped
  }

  /** Answers with the result of `use` for the session or payment of the link, or with a refusal. */
  async withSubject(
    request: PageRequest,
    reply: FastifyReply,
    use: (subject: PayableSubject) => Promise<Reply>,
  ): Promise<FastifyReply> {
    const refusal = this.refusalOf(request)
    if (refusal) return sendForPage(reply, refusal)
    const subject = await this.#find(request)
    return sendForPage(reply, isRefusal(subject) ? subject : await use(subject))
  }

  /** The refusal of a request before its link is read; `null`: the request is allowed. */
  refusalOf(request: PageRequest): Refusal | null {
    return this.#guard.refusalOf(request, request.params.id)
  }

  /** The merchant and mode of the link. */
  async findAccount(request: PageRequest): Promise<Account | Refusal> {
    const subject = await this.#find(request)
    return isRefusal(subject) ? subject : accountOf(subject)
  }

  /** The headers of the page of a link. Without fields of Stripe, and in doubt, they are the strictest. */
  async headersOf(request: PageRequest): Promise<Readonly<Record<string, string>>> {
    if (this.refusalOf(request)) return pageHeaders
    const subject = await this.#find(request).catch(() => null)
    if (!subject || isRefusal(subject) || subject.form?.type !== 'stripe') return pageHeaders
    return methodsOf(subject).includes('ach') ? bankPageHeaders : stripePageHeaders
  }

  /** Where the merchant of the link has moved; `null`: it is here, or there is no such link. */
  async newUrlOf(request: PageRequest): Promise<string | null> {
    if (!this.#stopped.hasMoved || this.refusalOf(request)) return null
    const subject = await findSubject(this.#dependencies, request.params.id)
    return subject && this.#stopped.newUrlOf(accountOf(subject).merchantId)
  }

  /**
   * The current state of the page, or the 503 of a merchant that is not served here any more. `null`: no session
   * and no payment has this id.
   */
  async read(id: string): Promise<PaymentPage | Refusal | null> {
    const subject = await findSubject(this.#dependencies, id)
    if (!subject) return null
    // Behind the read: what a cell has read before the merchant was stopped there is true.
    return (await this.stoppedRefusalOf(accountOf(subject).merchantId)) ?? renderPage(subject)
  }

  /** The 503 of a merchant; `null`: it is served here. It reads the list of stopped merchants where that is old. */
  async stoppedRefusalOf(merchantId: string): Promise<Refusal | null> {
    if (this.#stopped.isOutdated) await this.#stopped.read()
    return this.#stopped.refusalOf(merchantId)
  }

  /** An answer with the current state of the page. */
  async currentState(id: string): Promise<Reply> {
    const page = await this.read(id)
    if (!page) return pageNotFound()
    return isRefusal(page) ? page : answer(200, page)
  }

  async #find(request: PageRequest): Promise<PayableSubject | Refusal> {
    const { id } = request.params
    const subject = await this.#guard.find(request, id, () => findSubject(this.#dependencies, id))
    if (isRefusal(subject)) return subject
    const { merchantId, livemode } = accountOf(subject)
    const stopped = await this.stoppedRefusalOf(merchantId)
    return stopped ?? (livemode ? this.#refuseLive() : null) ?? subject
  }
}

/** Sends a result with the headers of the page. */
export function sendForPage(reply: FastifyReply, result: Reply): FastifyReply {
  return send(reply.headers(pageHeaders).header('cache-control', 'no-store'), result)
}

function accountOf({ session, payment }: PayableSubject): Account {
  const source = session ?? payment
  return { merchantId: source?.merchant_id ?? '', livemode: source?.livemode ?? true }
}
