import { conformance } from './conformance.ts'
import { PaperBank, type PaperBook } from './paper-bank.ts'

const book: PaperBook = new Map()

conformance('the smallest example', () => ({
  connect: () => new PaperBank(book),
  tokens: { approved: 'paper_ok', declined: 'paper_no' },
  declineCode: 'card_declined',
  captureByHand: async ({ id }) => {
    const page = book.get(id)
    if (!page) return
    page.state = 'captured'
    page.capturedMinor = page.amountMinor
  },
}))
