import { type FormEvent, type ReactNode, useEffect, useRef } from 'react'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { humanize } from '../../format.ts'
import { Icon } from '../../parts/icons.tsx'
import { type Search, statuses, understand } from './search.ts'

/** The search and its filters. */
export function SearchBar({
  search,
  onChange,
  children,
}: {
  search: Search
  onChange: (search: Search) => void
  /** What stands beside the search. */
  children?: ReactNode
}) {
  const input = useRef<HTMLInputElement>(null)
  useShortcut((key) => {
    if (key !== '/') return false
    input.current?.focus()
    return true
  })
  // The same input for every search: a new one would not have the focus, and the next keys were lost.
  useEffect(() => {
    if (input.current) input.current.value = search.text
  }, [search.text])

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onChange({ ...search, text: input.current?.value.trim() ?? '' })
  }
  const toggle = (status: string) => {
    const isOn = search.status.includes(status)
    const status_ = isOn ? search.status.filter((s) => s !== status) : [...search.status, status]
    onChange({ ...search, status: status_ })
  }
  const meaning = understand(search.text)
  const isFiltered =
    search.text !== '' || search.status.length > 0 || search.from !== '' || search.to !== ''

  return (
    <search className="search">
      <div className="search-row">
        <h1>Payments</h1>
        <form className="search-box" onSubmit={submit}>
          <Icon name="search" />
          <input
            ref={input}
            type="search"
            defaultValue={search.text}
            placeholder="Id, e-mail, amount or key=value"
            aria-label="Search by id, e-mail, amount or metadata"
            autoComplete="off"
            spellCheck={false}
          />
          <span className="kbd" aria-hidden="true">
            /
          </span>
        </form>
        {children}
      </div>
      <div className="filters">
        <fieldset className="chips" aria-label="Status">
          {statuses.map((status) => (
            <button
              key={status}
              type="button"
              className="chip"
              aria-pressed={search.status.includes(status)}
              onClick={() => toggle(status)}
            >
              {humanize(status)}
            </button>
          ))}
        </fieldset>
        <Days search={search} onChange={onChange} />
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
      {meaning.kind === 'filter' ? <p className="quiet small">{meaning.label}</p> : null}
    </search>
  )
}

function Days({ search, onChange }: { search: Search; onChange: (search: Search) => void }) {
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
