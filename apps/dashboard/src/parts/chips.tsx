/** Small buttons in a row, each of which is on or off. */
export function Chips<Value extends string>({
  label,
  options,
  isOn,
  onPress,
}: {
  /** Says what the chips choose, for screen readers. */
  label: string
  options: readonly { readonly value: Value; readonly name: string }[]
  isOn: (value: Value) => boolean
  onPress: (value: Value) => void
}) {
  return (
    <fieldset className="chips" aria-label={label}>
      {options.map(({ value, name }) => (
        <button
          key={value}
          type="button"
          className="chip"
          aria-pressed={isOn(value)}
          onClick={() => onPress(value)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  )
}
