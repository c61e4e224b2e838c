import { textForEyes } from '../bytes/show.ts';
import type { ListObject, ScanObject } from '../contract/scan.ts';
import type { DecodedXattr, LookupStep, Sentence, Span } from '../ipc/engine.ts';
import { stackOptions } from '../merge/options.ts';
import { changeSentences } from './change.ts';
import { dataSentence, leadSentences, redirectSentence } from './lead.ts';
import { markSentences, optionSentence, originSentence, problemSentences } from './marks.ts';
import { numberSentences } from './number.ts';
import { enumerate, LayerNames, line, strong, textOf } from './words.ts';

export type ExplainInput = {
  object: ScanObject;
  steps: LookupStep[];
  stack: ListObject;
  /** Module parameters: what options not shown come to. */
  parameters: Record<string, string>;
  xattrs: DecodedXattr[];
};

/**
 * An object in words: every layer that it stands in, every mark, rule and option that counts for it, and what would
 * change it. Objects that differ in any of these never get the same text.
 */
export function explain(input: ExplainInput): { explanation: Sentence[]; wouldChange: Sentence[] } {
  const { object, stack } = input;
  const names = new LayerNames(stack);
  const options = stackOptions({ ...stack, userNamespace: stack.marks === 'none' }, input.parameters);
  const sentences: (Sentence | null)[] = [
    ...leadSentences(object, stack, names),
    dataSentence(object, names),
    redirectSentence(object),
    originSentence(object, stack, names, options),
    ...numberSentences(object, stack, names),
    ...markSentences(object, stack, names),
    ...problemSentences(input.xattrs, names),
    optionSentence(object, stack, options),
    object.findings.includes('origin-shared')
      ? line`It shares its lower object with another path (${strong('origin-shared')}).`
      : null,
    object.assumed ? line`All this rests on a lower whose place is ${strong('assumed')}.` : null,
    rulesSentence(input.steps, object.shown, names),
  ];
  return {
    explanation: sentences.filter((one) => one !== null),
    wouldChange: changeSentences(object, stack, names, options),
  };
}

/** The rules that the lookup met, each with the layers where it met them, and the one that chose the number. */
function rulesSentence(steps: LookupStep[], shown: ScanObject['shown'], names: LayerNames): Sentence | null {
  const many = new Set(steps.map(({ layer }) => layer).filter((layer, i, all) => all.indexOf(layer) !== i));
  const groups: { text: Sentence; key: string; layers: number[] }[] = [];
  for (const { rule, found, layer, path: at } of steps) {
    // A path that is walked part by part meets a layer more than once.
    const where = many.has(layer) ? ` ${textForEyes(at)}` : '';
    const text = found === rule && where === '' ? line`${strong(rule)}` : line`${strong(rule)} (${found}${where})`;
    const key = textOf(text);
    const last = groups.at(-1);
    if (last?.key === key && layer > (last.layers.at(-1) as number)) last.layers.push(layer);
    else groups.push({ text, key, layers: [layer] });
  }
  const items: Span[][] = groups.map(({ text, layers }) => line`${names.all(layers)} ${text}`);
  const lookup = items.length === 0 ? [] : [line`Rules of the lookup: ${enumerate(items)}.`];
  const ofNumber = shown === null || shown.ino === 'unknown' ? [] : [line`Rule of the number: ${strong(shown.why)}.`];
  const all = [...lookup, ...ofNumber];
  return all.length === 0 ? null : line`${all.flatMap((one, i) => (i === 0 ? [one] : [' ', one]))}`;
}
