import { useLayoutEffect, useState } from 'react'
import { humanize } from '../format.ts'

const commonReasons = ['customer_requested', 'duplicate', 'fraudulent', 'out_of_stock'] as const

/** The API's maximum, in characters. */
const lengthMax = 500

interface ReasonChoiceProps {
  /** `null`: no reason. */
  readonly reason: string | null
  readonly onChange: (reason: string | null) => void
}

/** The reason of a cancel: a common one, chosen by the keys 1 to 4 as well, or a text. */
export function ReasonChoice({ reason, onChange }: ReasonChoiceProps) {
  const [otherText, setOtherText] = useState('')
  const isOther = reason === null || !(commonReasons as readonly string[]).includes(reason)
  useNumberKeys(onChange)
  const changeText = (text: string) => {
    setOtherText(text)
    onChange(text === '' ? null : text)
  }
  return (
    <fieldset className="reasons">
      <legend>Reason</legend>
      {commonReasons.map((common, index) => (
        <label key={common} className="reason">
          <input
            type="radio"
            name="reason"
            checked={reason === common}
            onChange={() => onChange(common)}
          />
          <span>{humanize(common)}</span>
          <span className="kbd" aria-hidden="true">
            {index + 1}
          </span>
        </label>
      ))}
      <label className="reason">
        <input
          type="radio"
          name="reason"
          checked={isOther}
          onChange={() => changeText(otherText)}
        />
        <span>Another, or none</span>
      </label>
      {isOther ? (
        <input
          type="text"
          className="reason-text"
          aria-label="Another reason"
          placeholder="Your own text (optional)"
          maxLength={lengthMax}
          value={otherText}
          onChange={(event) => changeText(event.target.value)}
        />
      ) : null}
    </fieldset>
  )
}

/** Chooses the first common reason by the key 1, the second by 2, unless the user types a text. */
function useNumberKeys(onChoose: (reason: string) => void): void {
  useLayoutEffect(() => {
    const choose = (event: KeyboardEvent) => {
      const isText = document.activeElement?.matches('[type=text]') === true
      const reason = commonReasons[Number(event.key) - 1]
      if (reason === undefined || isText || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      onChoose(reason)
    }
    document.addEventListener('keydown', choose)
    return () => document.removeEventListener('keydown', choose)
  }, [onChoose])
}
