export { BundledPostgresError } from './failure.ts'
export { findPostgresFolder, findRunningPostgres, hasBundledPostgres } from './running.ts'
export { type BundledPostgres, startBundledPostgres } from './start.ts'
