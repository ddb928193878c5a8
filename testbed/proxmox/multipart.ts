import type { RawValue } from './parameters.ts';

/** Reads an upload: texts as they are, and of the file its name and size. */
export function readMultipart(contentType: string, body: Buffer): Record<string, RawValue> {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1] ?? '';
  const values: Record<string, RawValue> = {};
  // Latin-1 keeps every byte, so that lengths are right.
  for (const part of body.toString('latin1').split(`--${boundary}`)) {
    const [head = '', content] = part.split(/\r\n\r\n(.*)/s);
    const name = /;\s*name="([^"]+)"/i.exec(head)?.[1];
    if (name === undefined || content === undefined) continue;
    const text = content.replace(/\r\n$/, '');
    const filename = /filename="([^"]*)"/i.exec(head)?.[1];
    if (filename === undefined) values[name] = Buffer.from(text, 'latin1').toString('utf8');
    else {
      values.filename = filename.split(/[/\\]/).at(-1) ?? '';
      values.size = text.length;
    }
  }
  return values;
}
