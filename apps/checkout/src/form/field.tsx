import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react'

/** A labelled input with its hint and, once something is wrong, what. */
export function Field({
  label,
  problem,
  note,
  inputRef,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & {
  label: string
  problem: string | null
  /** Stands at the end of the line, such as a card's network. */
  note?: ReactNode
  inputRef?: Ref<HTMLInputElement>
}) {
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
        {note ? <span className="note">{note}</span> : null}
      </div>
      <p id={problemId} className="problem" aria-live="polite">
        {problem}
      </p>
    </div>
  )
}
