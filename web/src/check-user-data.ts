import { t } from '@lingui/core/macro';
import { parseDocument } from 'yaml';

/** The other things cloud-init takes, which are not looked into. */
const OTHER_BEGINNINGS = [
  '#!',
  '#include',
  '#cloud-boothook',
  '#part-handler',
  '## template:',
  'Content-Type:',
  'MIME-Version:',
];

/** Why cloud-init would not take a text, or null. */
export function checkUserData(text: string): string | null {
  if (text.trim() === '') return null;
  if (OTHER_BEGINNINGS.some((beginning) => text.startsWith(beginning))) return null;
  if (!/^#cloud-config\s*(?:\n|$)/.test(text))
    return t`Begin with #cloud-config, or with #! and the program that runs the script`;
  const { errors, contents } = parseDocument(text);
  const [error] = errors;
  if (error)
    return t`Line ${error.linePos?.[0].line ?? '?'}: ${error.message.split('\n')[0]?.replace(/ at line.*/, '') ?? ''}`;
  const isMapping =
    contents !== null && 'items' in contents && !('flow' in contents && Array.isArray(contents));
  return contents === null || isMapping ? null : t`Below #cloud-config write key: value, one per line`;
}
