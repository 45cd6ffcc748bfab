import type { PaymentPage } from '@hedgepayments/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { isRefusal, type Refusal } from '../../http/answers/refusal.ts'
import { send } from '../../http/answers/send.ts'
import { findSubject } from './find-subject.ts'
import { pageHeaders } from './page-files.ts'
import { PageGuard, pageNotFound } from './page-guard.ts'
import { type PageSubject, renderPage } from './page-state.ts'

/** A request to the API of a page. */
export type PageRequest = FastifyRequest<{ Params: { id: string } }>

/** What every route of the page's API does: check the request, find the subject, answer. */
export class PageRequests {
  readonly #db: Db
  readonly #refuseLive: () => Refusal | null
  readonly #guard = new PageGuard()

  constructor(options: {
    db: Db
    /** Refuses live mode where the deployment has no processor for it. */
    refuseLive: () => Refusal | null
  }) {
    this.#db = options.db
    this.#refuseLive = options.refuseLive
  }

  /** Answers with the result of `use` for the session or payment of the link, or with a refusal. */
  async withSubject(
    request: PageRequest,
    reply: FastifyReply,
    use: (subject: PageSubject) => Promise<Reply>,
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

  /** The current state of the page. `null`: no session and no payment has this id. */
  async read(id: string): Promise<PaymentPage | null> {
    const subject = await findSubject(this.#db, id)
    return subject && renderPage(subject)
  }

  /** An answer with the current state of the page. */
  async currentState(id: string): Promise<Reply> {
    const page = await this.read(id)
    return page ? answer(200, page) : pageNotFound()
  }

  async #find(request: PageRequest): Promise<PageSubject | Refusal> {
    const { id } = request.params
    const subject = await this.#guard.find(request, id, () => findSubject(this.#db, id))
    if (isRefusal(subject)) return subject
    return (accountOf(subject).livemode ? this.#refuseLive() : null) ?? subject
  }
}

/** Sends a result with the headers of the page. */
export function sendForPage(reply: FastifyReply, result: Reply): FastifyReply {
  return send(reply.headers(pageHeaders).header('cache-control', 'no-store'), result)
}

function accountOf({ session, payment }: PageSubject): Account {
  const source = session ?? payment
  return { merchantId: source?.merchant_id ?? '', livemode: source?.livemode ?? true }
}
