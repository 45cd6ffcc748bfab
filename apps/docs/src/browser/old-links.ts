import { base, slugOf } from '../addresses.ts'

/** Opens links of the former reference, such as `/docs#/Payments/createPayment`, in the present one. */
export function openOldLink(): void {
  const [, tag, operation] = /^#\/([^/]*)\/?(\w*)/.exec(location.hash) ?? []
  if (tag === undefined) return
  const page = tag ? `/${slugOf(decodeURIComponent(tag).replaceAll('_', ' '))}` : ''
  location.replace(`${base}/api${page}${operation ? `#${operation}` : ''}`)
}
