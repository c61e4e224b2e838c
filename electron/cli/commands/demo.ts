import { type Bytes, textOfBytes } from '../../../shared/bytes/bytes.ts';
import { shellQuote, textForJson } from '../../../shared/bytes/show.ts';
import type { DemoLine } from '../../../shared/contract/programs.ts';
import type { DemoForm } from '../../../shared/demo/manifest.ts';
import type { Demo } from '../../demo/index.ts';
import { Exit, usage } from '../failures.ts';
import type { Session } from '../session.ts';
import { wordsOf } from '../stack.ts';

export type DemoCommandOptions = { remove?: boolean; script?: boolean; form?: DemoForm };

const FORM_TEXT: Record<DemoForm, string> = {
  root: 'as real mounts, in a mount namespace of their own',
  userns: 'as real mounts in a user namespace, with userxattr',
  directories: 'as plain directories, without a mount',
};

/** `demo DIR`: builds the demo and holds it until interrupted; `--remove DIR`; `--script`. */
export async function demo(
  session: Session,
  directory: Bytes | undefined,
  options: DemoCommandOptions,
): Promise<number> {
  const { buildDemo, demoScript, removeDemo } = await import('../../demo/index.ts');
  const { output, progress, signal } = session;
  if (options.script) {
    output.write(demoScript(options.form ?? (process.geteuid?.() === 0 ? 'root' : 'userns')));
    return Exit.done;
  }
  if (directory === undefined) throw usage('no directory is named', 'name one that is empty or not there yet');
  const dir = textOfBytes(directory);
  if (dir === null) throw usage('the name of the directory is not UTF-8', 'name another');
  if (options.remove) {
    await removeDemo(dir);
    progress.say(`stratoscope: removed the demo from ${dir}`);
    return Exit.done;
  }
  const built = await buildDemo(dir, {
    ...(options.form ? { form: options.form } : {}),
    signal,
    onProgress: (done, total) => progress.show(`building the demo: step ${done + 1} of ${total}`),
  });
  session.defer(() => built.close());
  progress.clear();
  tell(session, built);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
    // Where another program holds it by a channel, it ends with that program.
    process.once('disconnect', resolve);
  });
  await Promise.race([stopped, built.ended]);
  return Exit.done;
}

function tell({ format, output, rows, progress }: Session, built: Demo): void {
  const stacks = built.stacks.map(({ name, about, ref }) => ({ name, about, words: wordsOf(ref) }));
  const line: DemoLine = {
    mount: built.mount,
    pid: built.pid,
    form: built.form,
    stacks: stacks.map(({ name, about, words }) => ({ name, about, words: words.map(textForJson) })),
  };
  if (format === 'table') output.write(`${JSON.stringify(line)}\n`);
  else {
    rows.meta({});
    rows.row(line);
    rows.end();
  }
  for (const { form, failure } of built.refused) {
    progress.say(`stratoscope: not ${FORM_TEXT[form]}: ${failure.message}`);
  }
  progress.say(`stratoscope: the demo stands in ${built.dir}, ${FORM_TEXT[built.form]}. Look into it with:`);
  for (const { words } of stacks) progress.say(`  stratoscope tree ${words.map(shellQuote).join(' ')}`);
  progress.say('It stands until this program is ended (Ctrl-C), and is removed then.');
}
