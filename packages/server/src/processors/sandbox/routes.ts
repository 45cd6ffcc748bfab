import { formatWithCode } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Db } from '../../database/db.ts'
import { toTimestamp } from '../../domain/time.ts'
import { findChallenged } from './books/books.sql.ts'
import { answerChallenge, type ChallengeAnswer } from './challenge.ts'

/** Called when a payment has changed at the sandbox. Stands for the webhook of other processors. */
export type OnSandboxChange = (payment: { merchantId: string; paymentId: string }) => Promise<void>

// No `form-action`: after the form, this server redirects to the merchant's URL, which may be any.
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'"

/** The 3-D Secure page of the sandbox, which stands for the page of the customer's bank. */
export function sandboxRoutes(
  app: FastifyInstance,
  { db, onChange }: { db: Db; onChange: OnSandboxChange },
): void {
  app.get<{ Params: { secret: string } }>('/sandbox/3d-secure/:secret', async (request, reply) => {
    const { secret } = request.params
    const entry = isSecret(secret) ? await findChallenged(db, secret) : undefined
    if (!entry) return sendPage(reply, 404, '<p>Challenge not found.</p>')
    const amount = formatWithCode({ minor: entry.amount, currency: entry.currency })
    return sendPage(reply, 200, challengePage(secret, amount))
  })
  addAnswer('confirm')
  addAnswer('refuse')

  function addAnswer(wanted: ChallengeAnswer): void {
    app.post<{ Params: { secret: string } }>(
      `/sandbox/3d-secure/:secret/${wanted}`,
      async (request, reply) => {
        const { secret } = request.params
        const now = toTimestamp(Date.now())
        const entry = isSecret(secret)
          ? await answerChallenge(db, { secret, wanted, now })
          : undefined
        if (!entry) return sendPage(reply, 404, '<p>Challenge not found.</p>')
        await onChange({ merchantId: entry.merchant_id, paymentId: entry.payment_id })
        return reply.redirect(entry.return_url, 303)
      },
    )
  }
}

/** Whether a text has the form of a secret. PostgreSQL cannot store every other text. */
function isSecret(text: string): boolean {
  return /^[0-9a-z]{1,64}$/.test(text)
}

function challengePage(secret: string, amount: string): string {
  return `<p>Do you want to pay <strong>${amount}</strong>?</p>
<form method="post" action="/sandbox/3d-secure/${secret}/confirm"><button>Confirm</button></form>
<form method="post" action="/sandbox/3d-secure/${secret}/refuse"><button>Refuse</button></form>`
}

function sendPage(reply: FastifyReply, status: number, content: string): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', contentSecurityPolicy)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>3-D Secure (test mode)</title>
<style>body { font: 1.1rem system-ui; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }</style>
</head>
<body>
<h1>3-D Secure</h1>
<p>This is a test: no money moves.</p>
${content}
</body>
</html>
`)
}
