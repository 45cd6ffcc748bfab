// `@hedgepayments/server`: runs the server in a process of yours.

export { type Config, parseConfig } from './wiring/config.ts'
export { ConfigError } from './wiring/environment/read.ts'
export { createLog } from './wiring/log.ts'
export { type RunningServer, startServer as start } from './wiring/server.ts'
