import { useEffect, useState } from 'react'
import { humanize } from '../format.ts'

const common = ['customer_requested', 'duplicate', 'fraudulent', 'out_of_stock'] as const

/** The longest reason the API takes, in characters. */
const lengthMax = 500

/** Why: the common reasons are one key away (1, 2, 3 …), any other can be typed. */
export function ReasonChoice({
  reason,
  onChange,
}: {
  reason: string | null
  onChange: (reason: string | null) => void
}) {
  const [other, setOther] = useState('')
  const isOther = reason === null || !(common as readonly string[]).includes(reason)

  useEffect(() => {
    const choose = (event: KeyboardEvent) => {
      const isText = document.activeElement?.matches('[type=text]') === true
      const picked = common[Number(event.key) - 1]
      if (picked === undefined || isText || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      onChange(picked)
    }
    document.addEventListener('keydown', choose)
    return () => document.removeEventListener('keydown', choose)
  }, [onChange])

  return (
    <fieldset className="reasons">
      <legend>Reason</legend>
      {common.map((word, index) => (
        <label key={word} className="reason">
          <input
            type="radio"
            name="reason"
            checked={reason === word}
            onChange={() => onChange(word)}
          />
          <span>{humanize(word)}</span>
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
          onChange={() => onChange(other === '' ? null : other)}
        />
        <span>Another, or none</span>
      </label>
      {isOther ? (
        <input
          type="text"
          className="reason-text"
          aria-label="Another reason"
          placeholder="In your own words (optional)"
          maxLength={lengthMax}
          value={other}
          onChange={(event) => {
            setOther(event.target.value)
            onChange(event.target.value === '' ? null : event.target.value)
          }}
        />
      ) : null}
    </fieldset>
  )
}
