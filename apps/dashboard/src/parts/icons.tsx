const paths = {
  overview: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  payments: 'M3 7h18v11H3zM3 11h18M7 15h3',
  disputes: 'M12 4v16M7 20h10M5 8h14M5 8l-3 6h6zM19 8l-3 6h6z',
  webhooks: 'M12 9a3 3 0 1 0-3-3M9.5 8.5 6 14M6 14a3 3 0 1 0 3 3h8M17 14a3 3 0 1 1-2 5M14 8l3 6',
  events: 'M4 12h4l2.5-6 4 12L17 12h3',
  keys: 'M8 15a4 4 0 1 1 3.5-2L20 4M16 8l3 3M13.5 10.5l2 2',
  search: 'M11 18a7 7 0 1 1 0-14 7 7 0 0 1 0 14zM16 16l4.5 4.5',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5 10 17 19 7',
  back: 'M15 5l-7 7 7 7',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  signOut: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  alert: 'M12 4 2.5 20h19zM12 10v4.5M12 17.2v.3',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
} as const

/** The name of a picture. */
export type IconName = keyof typeof paths

/** A picture beside a text. Screen readers skip it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
