import { useId } from 'react'

interface AmountFieldProps {
  readonly currency: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** Why the text is not an acceptable amount; `null`: it is one. */
  readonly problem: string | null
  /** The consequence of the amount, for people. Shown while there is no problem. */
  readonly consequence: string | null
}

/** A field for an amount of money, with what it leads to, or what is wrong with it, below. */
export function AmountField({ currency, value, onChange, problem, consequence }: AmountFieldProps) {
  const hintId = useId()
  return (
    <>
      <label className="field">
        <span>Amount in {currency}</span>
        <input
          type="text"
          inputMode="decimal"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-describedby={hintId}
          aria-invalid={problem === null ? undefined : true}
        />
      </label>
      <p id={hintId} className={problem === null ? 'quiet' : 'problem'} role="status">
        {problem ?? consequence}
      </p>
    </>
  )
}
