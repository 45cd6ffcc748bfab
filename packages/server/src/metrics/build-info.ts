import { version } from '@hedgepayments/contract'
import { Gauge } from 'prom-client'
import { registry } from './registry.ts'

const info = new Gauge({
  name: 'hedge_build_info',
  help: 'Always 1. The labels have the version of this process and of its Node.js.',
  labelNames: ['version', 'node'],
  registers: [registry],
})

/** Exports which version runs. */
export function showBuildInfo(): void {
  info.set({ version, node: process.versions.node }, 1)
}
