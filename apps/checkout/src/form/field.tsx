import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react'

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string
  /** What is wrong with the value. */
  readonly problem: string | null
  /** Stands at the end of the input, such as the card's network. */
  readonly suffix?: ReactNode
  readonly inputRef?: Ref<HTMLInputElement>
}

/** A labelled input, with an error below it. */
export function Field({ label, problem, suffix, inputRef, ...input }: FieldProps) {
  const id = useId()
  const problemId = `${id}-problem`
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="line">
        <input
          {...input}
          id={id}
          ref={inputRef}
          aria-invalid={problem !== null}
          aria-describedby={problemId}
          required
        />
        {suffix ? <span className="suffix">{suffix}</span> : null}
      </div>
      <p id={problemId} className="problem" aria-live="polite">
        {problem}
      </p>
    </div>
  )
}

/** A field for digits. Phones show their digit keys. */
export function DigitsField(props: Omit<FieldProps, 'inputMode'>) {
  return <Field {...props} inputMode="numeric" />
}
