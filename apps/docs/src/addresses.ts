/** Where the server serves the site. */
export const base = '/docs'

/** The anchor of a heading, and the name of a page: as GitHub derives anchors from headings. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
