import { z } from 'zod';
import { MapChanged, MapFault, MapObject } from '../map/record.ts';
import { Explained } from './explain.ts';
import { DoctorRow, DoctorSummary } from './finding.ts';
import { NumberMeaning } from './inode.ts';
import { DemoLine, ServeLine } from './programs.ts';
import { ErrorLine, ListObject, MetaLine, ScanMeta, ScanObject, ScanSummary } from './scan.ts';
import { Verified } from './verify.ts';
import { WatchEnd, WatchEvent, WatchMeta } from './watch.ts';

/** The shapes that `schema NAME` knows: each command's object, and what stands around them. */
export const SHAPES = {
  list: { about: 'an object of list', shape: ListObject },
  scan: { about: 'an object of scan, and of tree in a JSON format', shape: ScanObject },
  'scan-meta': { about: 'the first line of scan', shape: ScanMeta },
  'scan-summary': { about: 'the object of scan --summary', shape: ScanSummary },
  explain: { about: 'the object of explain', shape: Explained },
  inode: { about: 'an object of inode', shape: NumberMeaning },
  verify: { about: 'the object of verify', shape: Verified },
  map: { about: 'an object of map show and map get', shape: MapObject },
  'map-build': { about: 'an object of map build', shape: MapChanged },
  'map-check': { about: 'an object of map check', shape: MapFault },
  doctor: { about: 'a finding, as doctor and why print it', shape: DoctorRow },
  'doctor-summary': { about: 'the last line of doctor', shape: DoctorSummary },
  why: { about: 'the same as doctor', shape: DoctorRow },
  watch: { about: 'an event of watch', shape: WatchEvent },
  'watch-meta': { about: 'the first line of watch', shape: WatchMeta },
  'watch-end': { about: 'the last line of watch, where the mount has gone', shape: WatchEnd },
  demo: { about: 'the object of demo', shape: DemoLine },
  serve: { about: 'the object of serve', shape: ServeLine },
  meta: { about: 'the first line of every NDJSON output', shape: MetaLine },
  error: { about: 'what stands on stdout beside a message on stderr', shape: ErrorLine },
} as const satisfies Record<string, { about: string; shape: z.ZodType }>;
export type ShapeName = keyof typeof SHAPES;

/** JSON Schema (draft 2020-12) of a shape. Fields that a later version adds are allowed by it, as the contract says. */
export function jsonSchema(name: ShapeName): Record<string, unknown> {
  const { about, shape } = SHAPES[name];
  const { $schema, ...rest } = z.toJSONSchema(shape, { io: 'input' });
  return { $schema, title: name, description: about, ...rest };
}
