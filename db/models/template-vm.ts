import { Model } from 'objection';

/** Where a template's VM is: one per node that holds it. */
export class TemplateVm extends Model {
  static override tableName = 'template_vms';
  static override idColumn = ['templateId', 'nodeId'];
  declare templateId: string;
  declare nodeId: string;
  declare vmid: number;
  declare storage: string;
}
