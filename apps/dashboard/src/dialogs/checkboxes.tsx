import type { ReactNode } from 'react'

/** A group of checkboxes whose labels are codes, such as scopes. */
export function Checkboxes({
  legend,
  options,
  chosen,
  onChange,
  children,
}: {
  legend: string
  options: readonly string[]
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
  /** Stands above the checkboxes. */
  children?: ReactNode
}) {
  const toggle = (option: string) =>
    onChange(
      chosen.includes(option) ? chosen.filter((other) => other !== option) : [...chosen, option],
    )
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      {children}
      {options.map((option) => (
        <label key={option}>
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={() => toggle(option)}
          />
          <code>{option}</code>
        </label>
      ))}
    </fieldset>
  )
}
