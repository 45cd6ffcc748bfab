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

/** Columns a text takes: wide characters two, combining marks none. Colours are not counted. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text.replace(colourCodes, ''))) {
    width += wide.test(segment) ? 2 : 1
  }
  return width
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
const colourCodes = /\u001b\[[\d;]*m/g
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u
