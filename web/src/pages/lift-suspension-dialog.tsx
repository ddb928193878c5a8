import type { Server } from '../../../contract/servers.ts';
import { unsuspendServer } from '../api.ts';
import { useChange } from '../hooks/use-change.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Gives a suspended server back to its owner. */
export function LiftSuspensionDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const lift = useChange((_: null, key) => unsuspendServer(server.id, key), onClose);
  return (
    <ChangeDialog
      title={`Lift the suspension of ${server.name}?`}
      keep="Keep it suspended"
      submit="Lift suspension"
      change={lift}
      onSubmit={() => lift.mutate(null)}
      onClose={onClose}
    >
      <p>Its owner can use it again. It is started if it ran before it was suspended.</p>
    </ChangeDialog>
  );
}
