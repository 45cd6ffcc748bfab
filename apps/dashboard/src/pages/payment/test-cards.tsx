import type { Payment } from '@hedgepayments/contract'
import { CopyButton } from '../../parts/copy-button.tsx'

/** One card for each common result. The sandbox's guide lists all test cards. */
const cards = [
  { number: '4242 4242 4242 4242', effect: 'Succeeds' },
  { number: '4000 0000 0000 3220', effect: 'Asks for 3-D Secure' },
  { number: '4000 0000 0000 9995', effect: 'Declined: no money' },
] as const

/** The payment page and cards to pay a test payment with. */
export function TestCards({ payment }: { payment: Payment }) {
  if (payment.livemode || payment.status !== 'pending') return null
  return (
    <section className="card" aria-labelledby="test-cards">
      <h2 id="test-cards">Pay it as a customer</h2>
      <p>
        <a href={payment.url} target="_blank" rel="noreferrer">
          Open the payment page
        </a>{' '}
        <span className="quiet">and use a test card, any future date and any code.</span>
      </p>
      <ul className="lines test-cards">
        {cards.map(({ number, effect }) => (
          <li key={number} className="line">
            <code>{number}</code>
            <span className="quiet small line-main">{effect}</span>
            <CopyButton text={number.replaceAll(' ', '')} label={`Copy ${number}`} />
          </li>
        ))}
      </ul>
    </section>
  )
}
