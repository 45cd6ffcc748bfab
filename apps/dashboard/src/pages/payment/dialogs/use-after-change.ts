import type { Payment } from '@hedgepayments/contract'
import { useQueryClient } from '@tanstack/react-query'
import { paymentQuery } from '../../../api/payments.ts'

/** The callbacks of a mutation that changes a payment: the page shows the answer, and reads its lists again. */
export function useAfterChange(id: string, onDone: () => void) {
  const client = useQueryClient()
  return {
    onSuccess: (changed: Payment) => {
      client.setQueryData(paymentQuery(id).queryKey, changed)
      onDone()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ['payment', id] }),
  }
}
