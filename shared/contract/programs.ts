import { z } from 'zod';
import { DemoForm } from '../demo/manifest.ts';

/** What `demo` and `serve` print once they stand. */

export const DemoLine = z.object({
  /** Null where the demo is plain directories: then `stacks` says how to name it. */
  mount: z.string().nullable(),
  pid: z.number().int().nullable(),
  form: DemoForm,
  /** Each stack of the demo with the words that name it to the other commands. */
  stacks: z.array(z.object({ name: z.string(), about: z.string(), words: z.array(z.string()) })),
});
export type DemoLine = z.infer<typeof DemoLine>;

export const ServeLine = z.object({ url: z.url() });
export type ServeLine = z.infer<typeof ServeLine>;
