import type { Ref } from 'react'
import type { TestSource } from '../api.ts'
import type { Text } from '../text/en.ts'

/** The fields of one payment method, as the form sees them. */
export interface SourceFields {
  /** The entered data. `null`: a field is wrong; the first wrong one got the focus. */
  read(): TestSource | null
}

/** The properties of the fields of each payment method. */
export interface SourceFieldsProps {
  readonly text: Text
  /** Whether the customer has submitted the form. */
  readonly wasSent: boolean
  readonly disabled: boolean
  readonly fields: Ref<SourceFields>
}
