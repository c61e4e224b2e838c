import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import { jsonSchema, SHAPES, type ShapeName } from '../../../shared/contract/shapes.ts';
import { Exit, usage } from '../failures.ts';
import type { Session } from '../session.ts';

/** `schema [NAME]`: the JSON Schema of a shape, or the names that there are. */
export async function schema({ format, output, rows }: Session, name: Bytes | undefined): Promise<number> {
  const names = Object.keys(SHAPES) as ShapeName[];
  if (name === undefined) {
    if (format !== 'table') {
      rows.meta({});
      for (const one of names) rows.row({ name: one, about: SHAPES[one].about });
      rows.end();
      return Exit.done;
    }
    const width = Math.max(...names.map((one) => one.length));
    for (const one of names) output.write(`${one.padEnd(width)}  ${SHAPES[one].about}\n`);
    return Exit.done;
  }
  const known = names.find((one) => one === name.split(' ')[0]);
  if (known === undefined)
    throw usage(`there is no shape named ${textForEyes(name)}`, `the names are ${names.join(', ')}`);
  if (format === 'table') output.write(`${JSON.stringify(jsonSchema(known), null, 2)}\n`);
  else {
    rows.meta({});
    rows.row(jsonSchema(known));
    rows.end();
  }
  return Exit.done;
}
