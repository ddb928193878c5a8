/** An admin offers a template to customers by giving its VM this tag in Proxmox. */
export const TEMPLATE_TAG = 'berth-template';
