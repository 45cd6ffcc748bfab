import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours a text where its stream is a terminal; NO_COLOR and FORCE_COLOR are heeded. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout) {
  return styleText(style, text, { stream })
}

/** Results: what the command was asked for. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Everything else a person wants to know. Programs read standard output and never see it. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Whether somebody sits there who can be asked. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/**
 * Text from elsewhere as it may be shown: a description or an answer's body must not be able to
 * move the cursor or recolour the terminal.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** Columns of the terminal that results go to; no end of them where it is none. */
export function terminalWidth(): number {
  const { isTTY, columns } = process.stdout
  return isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY
}

/** Letters as a reader counts them, without the codes of colours. */
export function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text.replace(colourCodes, '')), ({ segment }) => segment)
}

/** Columns a text takes: wide characters two, combining marks none. Colours are not counted. */
export function widthOf(text: string): number {
  let width = 0
  for (const grapheme of graphemesOf(text)) width += wide.test(grapheme) ? 2 : 1
  return width
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
const colourCodes = /\u001b\[[\d;]*m/g
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u
