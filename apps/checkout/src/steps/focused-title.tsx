import { useEffect, useRef } from 'react'

/** The title of a step. It gets the focus, so that screen readers announce the step. */
export function FocusedTitle({ children, level = 2 }: { children: string; level?: 1 | 2 }) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => ref.current?.focus(), [])
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <Heading ref={ref} tabIndex={-1} className="title">
      {children}
    </Heading>
  )
}
