import { Empty } from '../../parts/states.tsx'
export function OverviewPage() {
  return <Empty title="Soon" />
}
