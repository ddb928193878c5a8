import { expect, it } from 'vitest';
import { describeExplanation, type Explanation } from './explain-service.ts';
import type { ServiceFields } from './transforms/transform-service.ts';

// Only what is shown of the VM matters here.
const fields = {
  binding: { cluster: 'fra1', vmid: 3001, way: 'module', kind: null, node: null, evidence: [] },
};
const explanation: Explanation = {
  serviceId: 12,
  product: '101 VPS',
  sourceStatus: 'Active',
  mappingHash: '',
  contentHash: '',
  result: { outcome: 'migrated', warnings: [], trace: [], fields: fields as unknown as ServiceFields },
};
const trace = [{ from: 'VM 3001 on fra1', input: 'vps12', rule: 'binding', effect: 'bound' }];

it('shows the VM, how sure it is and why', () => {
  const text = describeExplanation({
    ...explanation,
    bound: {
      trace,
      warnings: [{ code: 'vm_stopped', message: 'the VM is stopped' }],
      binding: {
        clusterId: 'x',
        cluster: 'fra1',
        vmid: 3001,
        node: 'pve1',
        kind: 'qemu',
        name: 'vps12\u001b[31m',
        way: 'module',
        score: 95,
        reasons: ['mod_pvewhmcs_vms 12 names VMID 3001 on fra1', 'name vps12 fits'],
      },
    },
  });
  expect(text).toContain('would be migrated\n');
  expect(text).toContain('vm_stopped  the VM is stopped');
  expect(text).toContain('VM 3001 on fra1, qemu, node pve1, name vps12[31m\n  score    95 of 100');
  expect(text).toContain('because  mod_pvewhmcs_vms 12 names VMID 3001 on fra1\n           name vps12 fits');
});

it('puts the reason first when no VM can be taken', () => {
  const reason = { code: 'vm_not_found', message: 'there is no VM 3001 on fra1' };
  const text = describeExplanation({ ...explanation, bound: { trace: [], rivals: [], reason } });
  expect(text).toContain('would be quarantined: vm_not_found\n  there is no VM 3001 on fra1');
});

it('says that the VM was not looked for', () => {
  expect(describeExplanation(explanation)).toContain('would be migrated, if its VM is found');
});
