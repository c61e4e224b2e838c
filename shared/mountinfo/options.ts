import { asBytes, type Bytes } from '../bytes/bytes.ts';
import { decodeOctal } from './line.ts';

/**
 * The options of an overlay as mountinfo shows them (kernel: fs/overlayfs/params.c:ovl_show_options). Layers may have
 * been given by either mount interface, and the text differs: `lowerdir=` holds all layers in one string with its own
 * escapes, `lowerdir+=` and `datadir+=` hold one layer each, verbatim.
 */
export type OverlayText = {
  lowers: Bytes[];
  data: Bytes[];
  /**
   * What the upper's text can mean, likeliest first; empty without an upper. Two where the text holds a backslash: given
   * as a string, one level of backslashes is the mounter's; given as a file descriptor, none is.
   */
  upper: Bytes[];
  work: Bytes[];
  /** The other options; a flag has an empty value. Without `ro` and `rw`. */
  options: Record<string, Bytes>;
  /** The superblock is read-only. */
  readonly: boolean;
};

/** Key and value of each super option, decoded. A comma inside a value is always `\054`, so every comma separates. */
export function splitSuperOptions(superOptions: Bytes): { key: Bytes; value: Bytes }[] {
  const out: { key: Bytes; value: Bytes }[] = [];
  for (const option of superOptions.split(',')) {
    if (option === '') continue;
    const equals = option.indexOf('=');
    out.push({
      key: decodeOctal(equals < 0 ? option : option.slice(0, equals)),
      value: equals < 0 ? asBytes('') : decodeOctal(option.slice(equals + 1)),
    });
  }
  return out;
}

/** Removes one level of backslashes (kernel: ovl_unescape). */
export function unescapeBackslash(text: Bytes): Bytes {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) i++;
    out += text[i];
  }
  return asBytes(out);
}

/**
 * Layers of a `lowerdir=` value (kernel: ovl_parse_param_split_lowerdirs): split at `:`, a `::` begins the data-only
 * layers, then one level of backslashes goes.
 */
export function splitLowerdir(value: Bytes): { lowers: Bytes[]; data: Bytes[] } {
  const lowers: Bytes[] = [];
  const data: Bytes[] = [];
  let into = lowers;
  let layer = '';
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '\\' && i + 1 < value.length) {
      i++;
      layer += value[i];
    } else if (value[i] === ':') {
      into.push(asBytes(layer));
      layer = '';
      if (value[i + 1] === ':') {
        into = data;
        i++;
      }
    } else layer += value[i];
  }
  into.push(asBytes(layer));
  return { lowers, data };
}

/** Both readings of an upperdir or workdir text: see OverlayText. A descriptor's text is always absolute. */
function readings(value: Bytes): Bytes[] {
  const asString = unescapeBackslash(value);
  return asString === value || !value.startsWith('/') ? [asString] : [asString, value];
}

/** Reads the super options of an overlay mount. */
export function readOverlayOptions(superOptions: Bytes): OverlayText {
  const text: OverlayText = { lowers: [], data: [], upper: [], work: [], options: {}, readonly: false };
  for (const { key, value } of splitSuperOptions(superOptions)) {
    if (key === 'lowerdir') {
      const split = splitLowerdir(value);
      text.lowers.push(...split.lowers);
      text.data.push(...split.data);
    } else if (key === 'lowerdir+') text.lowers.push(value);
    else if (key === 'datadir+') text.data.push(value);
    else if (key === 'upperdir') text.upper = readings(value);
    else if (key === 'workdir') text.work = readings(value);
    else if (key === 'ro') text.readonly = true;
    else if (key !== 'rw') text.options[key] = value;
  }
  return text;
}
