import { bar, drawing, line, text } from '../../scripts/pictures/svg.ts'
import type { Comparison } from '../method/rounds.ts'
import { reaches } from '../method/target.ts'
import type { Results } from './results.ts'

const [width, left, right] = [860, 330, 70]
const [top, rowHeight, barHeight] = [96, 28, 14]
/** The axis is logarithmic: twice as much and half as much are equally far from 1. */
const ticks = [0.25, 0.5, 1, 2, 4, 8]
const [axisMin, axisMax] = [0.2, 10]

/** Draws the ratios of one run: a bar from 1 to the median, a line over the range of the pairs. */
export function renderPlot({ at, machine, comparisons }: Results): string {
  const groups = [
    { title: 'Rate: more is better', rows: comparisons.filter((row) => !isLatency(row)) },
    { title: 'Latency: less is better', rows: comparisons.filter(isLatency) },
  ]
  let y = top
  const parts: string[] = []
  for (const { title, rows } of groups) {
    parts.push(text([20, y], title, { color: 'muted', style: 'small' }))
    y += 10
    for (const comparison of rows) {
      parts.push(...drawRow(comparison, y))
      y += rowHeight
    }
    y += 22
  }
  const bottom = y - 22
  const axis = ticks.flatMap((tick) => [
    line([xOf(tick), top - 16], [xOf(tick), bottom], { width: tick === 1 ? 2 : 1 }),
    text([xOf(tick), bottom + 16], `${tick}×`, {
      ...{ color: 'muted', anchor: 'middle', style: 'small' },
    }),
  ])
  const run = `Measured ${at.slice(0, 10)} on ${machine.cores} cores (${machine.model}), fsync on. Bar: median. Line: range of the pairs. Dashed: target.`
  return drawing({ width, height: bottom + 34, label: labelOf(comparisons) }, [
    text([20, 32], 'Cancel: ratios of one benchmark run', { style: 'bold' }),
    text([20, 52], run, { color: 'muted', style: 'small' }),
    ...legend(),
    ...axis,
    ...parts,
  ])
}

function drawRow({ name, ratio, target }: Comparison, y: number): string[] {
  const color = target === null ? 'plain' : reaches(ratio.median, target) ? 'good' : 'bad'
  const [from, to] = [xOf(1), xOf(ratio.median)].sort((a, b) => a - b) as [number, number]
  const middle = y + rowHeight / 2
  const box = { x: from, y: middle - barHeight / 2, width: to - from, height: barHeight }
  const mark = target?.atLeast ?? target?.atMost
  return [
    text([20, middle + 4], shorten(name), { style: 'small' }),
    bar(box, color),
    line([xOf(ratio.min), middle], [xOf(ratio.max), middle], { color: 'text' }),
    ...(mark === undefined
      ? []
      : [
          line([xOf(mark), middle - 10], [xOf(mark), middle + 10], { color: 'text', dashed: true }),
        ]),
    text([width - 20, middle + 4], `${ratio.median.toFixed(2)}×`, {
      ...{ color, anchor: 'end', style: 'bold' },
    }),
  ]
}

function legend(): string[] {
  const entries = [
    ['good', 'target reached'],
    ['bad', 'target missed'],
    ['plain', 'no target'],
  ] as const
  return entries.flatMap(([color, meaning], i) => [
    bar({ x: 480 + i * 125, y: 21, width: 12, height: 12 }, color),
    text([498 + i * 125, 32], meaning, { color: 'muted', style: 'small' }),
  ])
}

function isLatency({ name }: Comparison): boolean {
  return name.includes('latency')
}

function shorten(name: string): string {
  return name.replace(/^cancel against /, 'against ').replace(' latency of a cancel', '')
}

function labelOf(comparisons: readonly Comparison[]): string {
  return comparisons
    .map(({ name, ratio }) => `${name}: ${ratio.median.toFixed(2)} times`)
    .join('; ')
}

function xOf(ratio: number): number {
  const share = Math.log(ratio / axisMin) / Math.log(axisMax / axisMin)
  return left + share * (width - left - right)
}
