import { join } from 'node:path'

/**
 * The environment of processes that tests start. Node caches compiled sources, which halves the
 * processor time of a server's start.
 */
export const childEnvironment = {
  PATH: process.env.PATH ?? '',
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../../node_modules/.cache/hedge-tests'),
}
