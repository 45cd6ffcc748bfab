import { styleText } from 'node:util'

/** A colour or weight of text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours a text if its stream is a terminal. Respects NO_COLOR and FORCE_COLOR. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout) {
  return styleText(style, text, { stream })
}

/** Prints a result, on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints a message for people, on standard error. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Whether a user can answer a question. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/**
 * Characters that a terminal may obey instead of showing: controls, line separators, and invisible
 * format characters such as direction marks. The joiner of emoji is harmless.
 */
export const unsafeCharacters = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * Escapes control characters as JSON does, so that foreign text (a description, an answer's body)
 * cannot move the cursor, colour the terminal or add lines.
 */
export function harmless(text: string): string {
  return text.replace(
    unsafeCharacters,
    (character) => shortEscapes[character] ?? unicodeEscape(character),
  )
}

/** `\u001b` for the escape character; two escapes for a character beyond U+FFFF. */
export function unicodeEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The width of standard output in columns; infinite if it is not a terminal. */
export function terminalWidth(): number {
  const { isTTY, columns } = process.stdout
  return isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY
}

/** The characters of a text as a reader counts them, without colour codes. */
export function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text.replace(colourCodes, '')), ({ segment }) => segment)
}

/** The width of a text in columns: wide characters take two. Colour codes take none. */
export function widthOf(text: string): number {
  let width = 0
  for (const grapheme of graphemesOf(text)) width += wide.test(grapheme) ? 2 : 1
  return width
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes consist of them
const colourCodes = /\u001b\[[\d;]*m/g
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u
