import { type ComponentType, lazy } from 'react'

/** Browsers set no time limit for a script. */
const timeoutMs = 20_000

/**
 * A page whose script is loaded when it is first shown.
 *
 * @throws while rendering, if the script does not arrive: the error boundary shows the reason.
 */
export function lazyPage<Props>(load: () => Promise<ComponentType<Props>>) {
  return lazy(async () => ({ default: await withDeadline(load()) }))
}

async function withDeadline<Page>(page: Promise<Page>): Promise<Page> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no script within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([page, deadline])
  } catch (cause) {
    // The browser's own message is for developers.
    const message = 'This page could not be loaded: the server does not answer, or was upgraded.'
    throw new Error(message, { cause })
  } finally {
    clearTimeout(timer)
  }
}
