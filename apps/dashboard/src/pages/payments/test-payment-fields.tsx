import { currencies } from '@hedgepayments/contract/currencies'

/** The most common currencies first, the others by the alphabet. */
const currencyOptions = [...new Set(['USD', 'EUR', 'GBP', 'JPY', ...currencies])]

interface AmountFieldsProps {
  readonly amount: string
  readonly onAmount: (amount: string) => void
  readonly currency: string
  readonly onCurrency: (currency: string) => void
  /** What is wrong with the amount. */
  readonly problem: string | null
}

/** Amount and currency. */
export function AmountFields(props: AmountFieldsProps) {
  const { amount, onAmount, currency, onCurrency, problem } = props
  return (
    <>
      <div className="field-pair">
        <label className="field">
          <span>Amount</span>
          <input
            type="text"
            inputMode="decimal"
            value={amount}
            onChange={(event) => onAmount(event.target.value)}
            aria-invalid={problem === null ? undefined : true}
            aria-describedby={problem === null ? undefined : 'test-amount'}
          />
        </label>
        <label className="field">
          <span>Currency</span>
          <select value={currency} onChange={(event) => onCurrency(event.target.value)}>
            {currencyOptions.map((code) => (
              <option key={code}>{code}</option>
            ))}
          </select>
        </label>
      </div>
      {problem === null ? null : (
        <p id="test-amount" className="problem">
          {problem}
        </p>
      )}
    </>
  )
}

/** The customer's e-mail address. */
export function EmailField() {
  return (
    <label className="field">
      <span>Customer’s e-mail</span>
      <input
        name="email"
        type="email"
        required
        maxLength={254}
        defaultValue="customer@example.com"
        autoComplete="off"
      />
    </label>
  )
}

/** Results that a token of the sandbox causes. `null`: the payment stays pending. */
const results = [
  { token: 'tok_visa', name: 'Paid with a card', effect: 'succeeds after the undo window' },
  { token: null, name: 'Not paid yet', effect: 'pay it on its page as a customer would' },
  { token: 'tok_chargeDeclined', name: 'Declined', effect: 'the bank says no at once' },
] as const

/** What happens to the payment. */
export function ResultChoice({
  token,
  onChange,
}: {
  token: string | null
  onChange: (token: string | null) => void
}) {
  return (
    <fieldset className="reasons">
      <legend>What happens</legend>
      {results.map((result) => (
        <label key={result.name} className="reason">
          <input
            type="radio"
            name="result"
            checked={result.token === token}
            onChange={() => onChange(result.token)}
          />
          <span>
            {result.name} <span className="quiet small">{result.effect}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** Long enough to try a cancel, or short enough to see that it becomes too late. */
const undoWindows = [
  { seconds: 900, name: '15 minutes' },
  { seconds: 30, name: '30 seconds' },
  { seconds: 0, name: 'None' },
] as const

/** The time until the payment is captured. */
export function UndoWindowField() {
  return (
    <label className="field">
      <span>Undo window</span>
      <select name="undo" defaultValue={undoWindows[0].seconds}>
        {undoWindows.map(({ seconds, name }) => (
          <option key={seconds} value={seconds}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
