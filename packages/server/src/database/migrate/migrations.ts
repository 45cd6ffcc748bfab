import * as payments from '../migrations/0001_payments.ts'
import * as cancellations from '../migrations/0002_cancellations.ts'
import * as dashboard from '../migrations/0003_dashboard.ts'
import * as refunds from '../migrations/0004_refunds.ts'
import * as ledger from '../migrations/0005_ledger.ts'
import * as processing from '../migrations/0006_processing.ts'
import * as sandbox from '../migrations/0007_sandbox.ts'
import * as webhooks from '../migrations/0008_webhooks.ts'
import * as checkout from '../migrations/0009_checkout.ts'
import * as processorCredentials from '../migrations/0010_processor_credentials.ts'
import * as stats from '../migrations/0011_stats.ts'
import * as retention from '../migrations/0012_retention.ts'
import * as rateCounts from '../migrations/0013_rate_counts.ts'
import * as openPayments from '../migrations/0014_open_payments.ts'
import * as auditLog from '../migrations/0015_audit_log.ts'
import * as dailyStats from '../migrations/0016_daily_stats.ts'
import * as openCalls from '../migrations/0017_open_calls.ts'
import * as roomForVersions from '../migrations/0018_room_for_versions.ts'
import * as returnedRefunds from '../migrations/0019_returned_refunds.ts'
import * as leaseTokens from '../migrations/0020_lease_tokens.ts'
import * as leases from '../migrations/0021_leases.ts'
import * as idTimes from '../migrations/0022_id_times.ts'
import * as idClaims from '../migrations/0023_id_claims.ts'
import * as foldedEmails from '../migrations/0024_folded_emails.ts'
import * as lifecycleGuard from '../migrations/0025_lifecycle_guard.ts'
import * as appendOnly from '../migrations/0026_append_only.ts'
import * as liveKeys from '../migrations/0027_live_keys.ts'
import * as keyBudgets from '../migrations/0028_key_budgets.ts'
import type { Migration } from '../migrations/migration.ts'

/**
 * Every migration by its name, in order. They only go forward, and one that was released never
 * changes. What they may do is in CONTRIBUTING.md: the version before runs on meanwhile.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_payments': payments,
  '0002_cancellations': cancellations,
  '0003_dashboard': dashboard,
  '0004_refunds': refunds,
  '0005_ledger': ledger,
  '0006_processing': processing,
  '0007_sandbox': sandbox,
  '0008_webhooks': webhooks,
  '0009_checkout': checkout,
  '0010_processor_credentials': processorCredentials,
  '0011_stats': stats,
  '0012_retention': retention,
  '0013_rate_counts': rateCounts,
  '0014_open_payments': openPayments,
  '0015_audit_log': auditLog,
  '0016_daily_stats': dailyStats,
  '0017_open_calls': openCalls,
  '0018_room_for_versions': roomForVersions,
  '0019_returned_refunds': returnedRefunds,
  '0020_lease_tokens': leaseTokens,
  '0021_leases': leases,
  '0022_id_times': idTimes,
  '0023_id_claims': idClaims,
  '0024_folded_emails': foldedEmails,
  '0025_lifecycle_guard': lifecycleGuard,
  '0026_append_only': appendOnly,
  '0027_live_keys': liveKeys,
  '0028_key_budgets': keyBudgets,
}
