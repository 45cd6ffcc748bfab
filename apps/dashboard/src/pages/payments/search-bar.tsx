import { paymentStatuses } from '@hedgepayments/contract/values'
import { type FormEvent, type ReactNode, useEffect, useRef } from 'react'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { humanize } from '../../format.ts'
import { Chips } from '../../parts/chips.tsx'
import { Icon } from '../../parts/icons.tsx'
import { parseSearchText, type Search } from './search.ts'

interface SearchProps {
  readonly search: Search
  readonly onChange: (search: Search) => void
}

const statusOptions = paymentStatuses.map((status) => ({ value: status, name: humanize(status) }))

/** The search field and the filters of the list of payments. */
export function SearchBar({
  search,
  onChange,
  children,
}: SearchProps & {
  /** Stands beside the search field. */
  children?: ReactNode
}) {
  const { text, status, from, to } = search
  const parsed = parseSearchText(text)
  const isFiltered = text !== '' || status.length > 0 || from !== '' || to !== ''
  const toggle = (value: string) => {
    const isOn = status.includes(value)
    const next = isOn ? status.filter((other) => other !== value) : [...status, value]
    onChange({ ...search, status: next })
  }
  return (
    <search className="search">
      <div className="search-row">
        <h1>Payments</h1>
        <SearchField search={search} onChange={onChange} />
        {children}
      </div>
      <div className="filters">
        <Chips
          label="Status"
          options={statusOptions}
          isOn={(value) => status.includes(value)}
          onPress={toggle}
        />
        <DayFields search={search} onChange={onChange} />
        {isFiltered ? (
          <button
            type="button"
            className="chip chip-clear"
            onClick={() => onChange({ text: '', status: [], from: '', to: '' })}
          >
            <Icon name="close" /> Clear
          </button>
        ) : null}
      </div>
      {parsed.kind === 'filter' ? <p className="quiet small">{parsed.label}</p> : null}
    </search>
  )
}

/** The key `/` moves the focus here. */
function SearchField({ search, onChange }: SearchProps) {
  const input = useRef<HTMLInputElement>(null)
  useShortcut((key) => {
    if (key !== '/') return false
    input.current?.focus()
    return true
  })
  // A new input for each search would lose the focus, and with it the user's next keys.
  useEffect(() => {
    if (input.current) input.current.value = search.text
  }, [search.text])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onChange({ ...search, text: input.current?.value.trim() ?? '' })
  }
  return (
    <form className="search-box" onSubmit={submit}>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        defaultValue={search.text}
        placeholder="Id, e-mail, last four digits, amount or key=value"
        aria-label="Search by id, e-mail, last four digits, amount or metadata"
        autoComplete="off"
        spellCheck={false}
      />
      <span className="kbd" aria-hidden="true">
        /
      </span>
    </form>
  )
}

function DayFields({ search, onChange }: SearchProps) {
  return (
    <div className="days">
      <label>
        <span>From</span>
        <input
          type="date"
          value={search.from}
          max={search.to || undefined}
          onChange={(event) => onChange({ ...search, from: event.target.value })}
        />
      </label>
      <label>
        <span>to</span>
        <input
          type="date"
          value={search.to}
          min={search.from || undefined}
          onChange={(event) => onChange({ ...search, to: event.target.value })}
        />
      </label>
    </div>
  )
}
