import { FormGroup, InputGroup } from '@blueprintjs/core';
import { useState } from 'react';
import type { MigrateServer } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { moveServer } from '../api.ts';
import { useChange } from '../hooks/use-change.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Moves a server to another node of its cluster. */
export function MoveDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [node, setNode] = useState('');
  const move = useChange((body: MigrateServer, key) => moveServer(server.id, body, key), onClose);
  return (
    <ChangeDialog
      title={`Move ${server.name} to another node`}
      keep="Leave it where it is"
      submit="Move server"
      isReady={node.trim() !== ''}
      change={move}
      onSubmit={() => move.mutate({ node: node.trim() })}
      onClose={onClose}
    >
      <p>
        {server.node ? `It is on ${server.node} now. ` : ''}A running server moves live; its disks are copied
        where the nodes do not share the storage. Whatever is in the way is named before anything is done.
      </p>
      <FormGroup
        label="Node"
        labelFor="move-node"
        helperText={<span id="move-node-help">The name of a node of the same cluster</span>}
      >
        <InputGroup
          id="move-node"
          aria-describedby="move-node-help"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          value={node}
          onValueChange={setNode}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
