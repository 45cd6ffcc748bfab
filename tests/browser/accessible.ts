import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { isLongRun } from '../support/size.ts'

/**
 * Fails if axe-core finds a barrier for people with an impairment, and names the rule and the elements. The legacy
 * mode checks everything but frames of other origins. The normal mode takes twice the
 * processor time, because it evaluates the results in a second page.
 *
 * @param options.withContrast whether the contrast of colours is checked too. That takes two thirds of the processor
 * time. All pages of an app share one set of colours, so `npm test` checks it on some pages of each app.
 * @param options.foreignFrames the frames of other sites, such as a processor, whose content is theirs.
 */
export async function expectAccessible(
  page: Page,
  what?: string,
  {
    withContrast = true,
    foreignFrames = 0,
  }: { withContrast?: boolean; foreignFrames?: number } = {},
): Promise<void> {
  expect(page.frames(), 'frames, which this check does not see').toHaveLength(1 + foreignFrames)
  const axe = new AxeBuilder({ page }).setLegacyMode().options({
    resultTypes: ['violations'],
    // axe would send messages to frames of other sites, which do not answer.
    iframes: foreignFrames === 0,
    rules: { 'color-contrast': { enabled: withContrast } },
  })
  const { violations } = await axe.analyze()
  const found = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`,
  )
  expect(found, what).toEqual([])
}

/**
 * Like `expectAccessible`, but only in `npm run test:all`: for a state of a page that `npm test` already checks in
 * another state. One check takes as much processor time as two loads of a page.
 */
export async function expectAccessibleInLongRun(page: Page, what?: string): Promise<void> {
  if (isLongRun) await expectAccessible(page, what)
}
