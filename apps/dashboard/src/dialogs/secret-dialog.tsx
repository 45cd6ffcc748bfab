import { CopyButton } from '../parts/copy-button.tsx'
import { Modal } from './modal.tsx'

/** Shows secrets once, right after they were created. */
export function SecretDialog({
  title,
  values,
  onClose,
}: {
  title: string
  values: readonly { name: string; value: string }[]
  onClose: () => void
}) {
  return (
    <Modal title={title} open onClose={onClose}>
      <div className="modal-body">
        <p>Keep it somewhere safe: it is not stored here and cannot be shown again.</p>
        {values.map(({ name, value }) => (
          <div key={name} className="secret">
            <span className="quiet">{name}</span>
            <code>{value}</code>
            <CopyButton text={value} label={`Copy the ${name.toLowerCase()}`} />
          </div>
        ))}
        <div className="modal-actions">
          <button type="button" className="button button-main" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Modal>
  )
}
