import { z } from 'zod';
import { DoctorRow, DoctorSummary, Evidence, Severity } from '../contract/finding.ts';
import { RememberedState } from '../contract/history.ts';
import {
  ErrorLine,
  FindingCode,
  ListObject,
  Lookup,
  MarkText,
  ScanMeta,
  ScanObject,
  ScanSummary,
  Shown,
} from '../contract/scan.ts';
import { ReportFacts } from '../report/facts.ts';
import { historyCallSpecs } from './history.ts';
import { liveCallSpecs } from './live.ts';
import { MapKept, mapCallSpecs } from './map.ts';
import { numberCallSpecs } from './numbers.ts';
import { LayerProgress, RowId, RowType, Status, ViewId } from './parts.ts';
import { BytesText, Privilege, StackRef } from './probe.ts';
import type { Contract } from './rpc.ts';
import { verifyCallSpecs } from './verify.ts';

export { LayerProgress, Status } from './parts.ts';

/**
 * What the page and the terminal may ask of the engine. A **view** is one opened stack with its expanded directories,
 * order and version; rows are asked for in windows, and a change of the view bumps its version: ask again for what is
 * shown. Names and paths cross as BytesText (latin1 text, a unit a byte), numbers of 64 bits as decimal text.
 */

/**
 * One cell of a layer strip. `used` filled; `hidden` outline; `origin` outline with a dot (hidden, but the number is
 * its); `whiteout` ✕; `opaque` bar on top; `metacopy` half above; `data` half below; `stands` dashed (stands there,
 * unknown whether used); `unknown` ? (the layer can't be read); `reading` …; `absent` speck.
 */
export const CellKind = z.enum([
  'absent',
  'used',
  'hidden',
  'origin',
  'whiteout',
  'opaque',
  'metacopy',
  'data',
  'stands',
  'unknown',
  'reading',
]);
export type CellKind = z.infer<typeof CellKind>;

export const ColumnId = z.enum([
  'name',
  'status',
  'layers',
  'type',
  'size',
  'mode',
  'owner',
  'dev',
  'ino',
  'dino',
  'real',
  'since',
]);
export type ColumnId = z.infer<typeof ColumnId>;

/** A finding of an object as its row tells it: a badge stands for errors and warnings, none for notes. */
export const RowFinding = z.object({ code: FindingCode, severity: Severity });
export type RowFinding = z.infer<typeof RowFinding>;

export const Row = z.object({
  id: RowId,
  name: BytesText,
  depth: z.number().int(),
  /** 1-based place among its siblings as shown, and how many they are: for aria-posinset and aria-setsize. */
  position: z.number().int(),
  siblings: z.number().int(),
  type: RowType,
  /** null: it can hold nothing. */
  expanded: z.boolean().nullable(),
  status: Status,
  hiddenBy: z.string().nullable(),
  marks: z.array(MarkText),
  lookup: Lookup,
  listed: z.union([z.boolean(), z.literal('unknown')]),
  /** Cells that are not absent: [layer, kind], in layer order. */
  cells: z.array(z.tuple([z.number().int(), CellKind])),
  size: z.string(),
  /** Permission bits with type, as st_mode; null unknown. */
  mode: z.number().int().nullable(),
  owner: z.string(),
  /** What stat and readdir through the mount report; null for whiteouts, what is hidden, and errors. */
  shown: Shown.nullable(),
  /** Filesystem id whose bits stand above the number, and the number below them; null where there are none. */
  mapped: z.object({ fsid: z.number().int(), ino: z.string() }).nullable(),
  /** Topmost used entry: its layer and real inode; null where none is used. */
  real: z.object({ layer: z.number().int(), ino: z.string() }).nullable(),
  /** Birth of the upper's inode, ns since the epoch; null: no upper entry; 'unknown': the filesystem has none. */
  since: z.string().nullable(),
  /** For directories: the upper's entries and allocated bytes beneath it; null while counting or without an upper. */
  upperBeneath: z.object({ entries: z.number().int(), bytes: z.string() }).nullable(),
  target: BytesText.nullable(),
  redirect: BytesText.nullable(),
  findings: z.array(RowFinding),
});
export type Row = z.infer<typeof Row>;

export const ViewState = z.object({
  view: ViewId,
  version: z.number().int(),
  phase: z.enum(['reading', 'merging', 'ready', 'cancelled', 'failed']),
  layers: z.array(LayerProgress),
  objects: z.number().int(),
  rawEntries: z.number().int(),
  unknown: z.number().int(),
  rows: z.number().int(),
  hidden: z.boolean(),
  sort: z.object({ column: ColumnId, descending: z.boolean() }),
  /** When the picture was taken, ns since the epoch; null until it is. */
  readAtNs: z.string().nullable(),
  seconds: z.number().nullable(),
  error: z
    .object({ code: z.string(), message: z.string(), path: z.string().optional(), hint: z.string().optional() })
    .nullable(),
});
export type ViewState = z.infer<typeof ViewState>;

/** A sentence as pieces, so that layers, marks, options and rules can be coloured, linked and read aloud. */
export const Span = z.object({
  text: z.string(),
  as: z.enum(['text', 'layer', 'mark', 'option', 'path', 'number', 'inode', 'strong']).default('text'),
  layer: z.number().int().optional(),
});
export type Span = z.infer<typeof Span>;
export const Sentence = z.array(Span);
export type Sentence = z.infer<typeof Sentence>;

/** One step of the lookup, with the rule that decided it. */
export const LookupStep = z.object({
  layer: z.number().int(),
  path: BytesText,
  found: z.string(),
  rule: z.string(),
  /** What the rule says, in one sentence. */
  says: z.string(),
});
export type LookupStep = z.infer<typeof LookupStep>;

/** A decoded attribute: the fields, each with the byte range [from, to) of the value that it comes from. */
export const DecodedXattr = z.object({
  layer: z.number().int(),
  name: z.string(),
  /** Hex of the raw value, null where it was refused. */
  value: z.string().nullable(),
  counts: z.boolean(),
  fields: z.array(z.object({ label: z.string(), text: z.string(), from: z.number().int(), to: z.number().int() })),
  problem: z.string().nullable(),
});
export type DecodedXattr = z.infer<typeof DecodedXattr>;

/** A fact with the command that shows it by hand. */
export const FactCommand = z.object({
  fact: z.string(),
  value: z.string(),
  command: z.string(),
  /** The layer whose entry the fact is about, and the name of the attribute there. Absent: the object or the stack. */
  layer: z.number().int().optional(),
  xattr: z.string().optional(),
});
export type FactCommand = z.infer<typeof FactCommand>;

/** A whole finding of one object. */
export const ObjectFinding = z.object({
  code: FindingCode,
  severity: Severity,
  /** What is the matter, in one line without a full stop. */
  title: z.string(),
  /** Layer of the entry that it is about. */
  layer: z.number().int(),
  evidence: Evidence,
  /** This object in one sentence, without a full stop. */
  what: z.string(),
  cause: Sentence,
  cure: Sentence,
  /** The kernel's rule behind it. */
  rule: z.string(),
});
export type ObjectFinding = z.infer<typeof ObjectFinding>;

/** All objects with one finding. `severity` is the gravest that one of them has. */
export const FindingGroup = z.object({
  code: FindingCode,
  severity: Severity,
  title: z.string(),
  count: z.number().int(),
  errors: z.number().int(),
  warnings: z.number().int(),
  notes: z.number().int(),
});
export type FindingGroup = z.infer<typeof FindingGroup>;

/** What a window counts: errors and warnings each, notes once a code. */
export const FindingTotals = z.object({
  errors: z.number().int(),
  warnings: z.number().int(),
  notes: z.number().int(),
});
export type FindingTotals = z.infer<typeof FindingTotals>;

/** One object in the list under a finding's name. */
export const FindingRow = z.object({
  id: RowId,
  path: BytesText,
  severity: Severity,
  /** This object in one sentence, without a full stop. */
  what: z.string(),
  row: Row,
});
export type FindingRow = z.infer<typeof FindingRow>;

export const ObjectDetail = z.object({
  id: RowId,
  path: BytesText,
  object: ScanObject,
  row: Row,
  explanation: z.array(Sentence),
  wouldChange: z.array(Sentence),
  steps: z.array(LookupStep),
  xattrs: z.array(DecodedXattr),
  findings: z.array(ObjectFinding),
  /** The index entry of the lower inode, where the work directory has one; 'unknown' where it cannot be read. */
  index: z
    .union([z.object({ name: z.string(), ino: z.string(), nlink: z.number().int() }), z.literal('unknown')])
    .nullable(),
  commands: z.array(FactCommand),
  /** What it showed before and shows now, the newest first; empty where nothing is remembered (yet) of it. */
  history: z.array(RememberedState),
  /** The command that made it, where the stack is the demo. */
  madeBy: z.object({ command: z.string(), about: z.string() }).nullable(),
});
export type ObjectDetail = z.infer<typeof ObjectDetail>;

export const SavedStack = z.object({
  id: z.number().int(),
  name: z.string(),
  stack: StackRef,
  savedAt: z.string(),
});
export type SavedStack = z.infer<typeof SavedStack>;

/** A row of the sources pane. */
export const LiveSource = z.object({ stack: StackRef, facts: ListObject, layersUnreadable: z.number().int() });
export type LiveSource = z.infer<typeof LiveSource>;

export const Hello = z.object({
  version: z.string(),
  kernel: z.string(),
  rulesVerified: z.boolean(),
  parameters: z.record(z.string(), z.string()),
  privilege: Privilege,
  /** How the probe was started: 'as this user', 'as root', 'by pkexec', 'by sudo'. */
  readAs: z.string(),
  platform: z.string(),
});
export type Hello = z.infer<typeof Hello>;

/** What is drawn for "what filled the upper". */
export const UpperUse = z.object({
  /** Heaviest directories by allocated bytes in the upper beneath them, the heaviest first. */
  directories: z.array(
    z.object({
      id: RowId,
      path: BytesText,
      depth: z.number().int(),
      entries: z.number().int(),
      bytes: z.string(),
      own: z.string(),
    }),
  ),
  /** Allocated bytes that came into the upper, by birth time: [ns, cumulative bytes], at most 500 points. */
  growth: z.array(z.tuple([z.string(), z.string()])),
  /** Bytes whose birth time the filesystem does not tell. */
  undated: z.string(),
});
export type UpperUse = z.infer<typeof UpperUse>;

export const engineContract = {
  calls: {
    hello: { params: z.object({}), result: Hello },
    /** Every union mount in sight. */
    list: {
      params: z.object({}),
      item: LiveSource,
      result: z.object({ namespaces: z.number().int(), closed: z.number().int() }),
    },
    /** Opens a stack; answers at once, before it is read. `view` events tell how it goes on. */
    open: {
      params: z.object({ stack: StackRef, hidden: z.boolean().default(false), through: z.boolean().default(false) }),
      result: z.object({ view: ViewId, facts: ListObject, meta: ScanMeta.shape.meta }),
    },
    close: { params: z.object({ view: ViewId }), result: z.null() },
    /** Stops reading; what was read stays. */
    cancel: { params: z.object({ view: ViewId }), result: z.null() },
    /** Reads everything again; expanded directories, order and selection (by path) stay. */
    rescan: { params: z.object({ view: ViewId }), result: z.null() },
    state: { params: z.object({ view: ViewId }), result: ViewState },
    rows: {
      params: z.object({ view: ViewId, from: z.number().int().min(0), count: z.number().int().min(0).max(2000) }),
      result: z.object({
        version: z.number().int(),
        total: z.number().int(),
        from: z.number().int(),
        rows: z.array(Row),
        /** Ancestors of the first row, outermost first: what sticks to the top. */
        ancestors: z.array(z.object({ index: z.number().int(), row: Row })),
      }),
    },
    /** Expands or collapses a directory; `deep` all beneath it too. */
    expand: {
      params: z.object({ view: ViewId, id: RowId, open: z.boolean(), deep: z.boolean().default(false) }),
      result: z.object({ version: z.number().int(), total: z.number().int() }),
    },
    sort: {
      params: z.object({ view: ViewId, column: ColumnId, descending: z.boolean() }),
      result: z.object({ version: z.number().int(), total: z.number().int() }),
    },
    showHidden: {
      params: z.object({ view: ViewId, hidden: z.boolean() }),
      result: z.object({ version: z.number().int(), total: z.number().int() }),
    },
    /** Index of a path's row, its ancestors expanded on the way; null where there is no such object. */
    locate: {
      params: z.object({ view: ViewId, path: BytesText }),
      result: z
        .object({ index: z.number().int(), id: RowId, version: z.number().int(), total: z.number().int() })
        .nullable(),
    },
    /** Objects whose path contains or fuzzily matches the text, best first (Ctrl+P). */
    jump: {
      params: z.object({ view: ViewId, text: BytesText, limit: z.number().int().min(1).max(200) }),
      result: z.object({
        matches: z.array(
          z.object({
            id: RowId,
            path: BytesText,
            type: Row.shape.type,
            status: Status,
            /** The topmost layer that has it: the colour of its glyph. */
            layer: z.number().int().optional(),
          }),
        ),
      }),
    },
    /** Next object in tree order whose name holds the text (Ctrl+F); wraps; null where there is none. */
    find: {
      params: z.object({ view: ViewId, text: BytesText, after: RowId.nullable(), backwards: z.boolean() }),
      result: z.object({ id: RowId, path: BytesText, wrapped: z.boolean(), matches: z.number().int() }).nullable(),
    },
    /** Next shown row, from index `after`, whose name begins so (type-ahead). */
    typeAhead: {
      params: z.object({ view: ViewId, prefix: BytesText, after: z.number().int().min(0) }),
      result: z.object({ index: z.number().int().nullable() }),
    },
    detail: { params: z.object({ view: ViewId, id: RowId }), result: ObjectDetail },
    /** Every finding of a view, counted by code. Looks at all objects, in slices; fails with `reading` before it is read. */
    findings: {
      params: z.object({ view: ViewId }),
      item: z.object({ checked: z.number().int(), total: z.number().int() }),
      result: z.object({
        /** Version of the view that was looked at. */
        version: z.number().int(),
        checked: z.number().int(),
        totals: FindingTotals,
        groups: z.array(FindingGroup),
      }),
    },
    /** Objects with one finding, the gravest first, then in the order of the tree. */
    findingRows: {
      params: z.object({
        view: ViewId,
        code: FindingCode,
        from: z.number().int().min(0),
        count: z.number().int().min(0).max(2000),
      }),
      result: z.object({
        version: z.number().int(),
        total: z.number().int(),
        from: z.number().int(),
        rows: z.array(FindingRow),
      }),
    },
    /**
     * The findings that can cause a message, those of objects that it names first: of a view or of a stack, which is then
     * read. `codes` are those that such a message can come from, whether they are met here or not.
     */
    why: {
      params: z.object({
        view: ViewId.nullable().default(null),
        stack: StackRef.nullable().default(null),
        text: BytesText,
        limit: z.number().int().min(1).default(200),
        through: z.boolean().default(false),
      }),
      item: z.object({
        layers: z.array(LayerProgress).optional(),
        found: z.array(z.object({ id: RowId, path: BytesText, what: z.string(), finding: DoctorRow })).optional(),
      }),
      result: z.object({
        meta: ScanMeta.shape.meta,
        codes: z.array(FindingCode),
        total: z.number().int(),
        errors: z.array(ErrorLine),
      }),
    },
    upperUse: { params: z.object({ view: ViewId }), result: UpperUse.nullable() },
    /** The rows shown (expanded ones, in their order), as NDJSON of ScanObject or as CSV: chunks of UTF-8 text. */
    export: {
      params: z.object({ view: ViewId, format: z.enum(['ndjson', 'csv']) }),
      chunks: true,
      result: z.object({ rows: z.number().int() }),
    },
    /** For the terminal: a whole scan, as lines of the contract (chunks of UTF-8 NDJSON, the meta line first). */
    scan: {
      params: z.object({
        stack: StackRef,
        hidden: z.boolean().default(false),
        path: BytesText.nullable().default(null),
        depth: z.number().int().min(0).nullable().default(null),
        through: z.boolean().default(false),
      }),
      chunks: true,
      item: z.object({ layers: z.array(LayerProgress) }),
      result: z.object({ objects: z.number().int(), errors: z.array(ErrorLine) }),
    },
    /**
     * For the terminal: every finding as lines of the contract (chunks of UTF-8 NDJSON, the meta line first, the summary
     * last), and the cures as a shell script where they are asked for. Fails with `mounted` where the upper of a script
     * is.
     */
    doctor: {
      params: z.object({
        stack: StackRef,
        through: z.boolean().default(false),
        script: z.object({ evenIfMounted: z.boolean() }).nullable().default(null),
      }),
      chunks: true,
      item: z.object({ layers: z.array(LayerProgress) }),
      result: z.object({
        summary: DoctorSummary.shape.summary,
        script: z.string().nullable(),
        errors: z.array(ErrorLine),
      }),
    },
    summary: {
      params: z.object({ stack: StackRef, through: z.boolean().default(false) }),
      item: z.object({ layers: z.array(LayerProgress) }),
      result: z.object({ meta: ScanMeta.shape.meta, summary: ScanSummary, errors: z.array(ErrorLine) }),
    },
    explain: {
      params: z.object({ stack: StackRef, path: BytesText, through: z.boolean().default(false) }),
      result: z.object({ meta: ScanMeta.shape.meta, detail: ObjectDetail }),
    },
    /** The same, with all that a report of it and a script that builds its like rest on: of a view or of a stack. */
    report: {
      params: z
        .object({
          view: ViewId.optional(),
          stack: StackRef.optional(),
          path: BytesText,
          through: z.boolean().default(false),
        })
        .refine(({ view, stack }) => (view === undefined) !== (stack === undefined), 'either a view or a stack'),
      result: z.object({ meta: ScanMeta.shape.meta, detail: ObjectDetail, facts: ReportFacts, version: z.string() }),
    },
    ...mapCallSpecs,
    ...liveCallSpecs,
    ...numberCallSpecs,
    ...verifyCallSpecs,
    ...historyCallSpecs,
    /** Starts the probe anew with privilege; fails with code no-agent, refused or cancelled and a plain sentence. */
    readWithPrivilege: { params: z.object({}), result: Hello },
    saved: { params: z.object({}), result: z.object({ saved: z.array(SavedStack), recent: z.array(StackRef) }) },
    save: { params: z.object({ name: z.string().min(1).max(200), stack: StackRef }), result: SavedStack },
    forget: { params: z.object({ id: z.number().int() }), result: z.null() },
    settings: { params: z.object({}), result: z.record(z.string(), z.unknown()) },
    setSetting: { params: z.object({ key: z.string().min(1).max(100), value: z.unknown() }), result: z.null() },
    /** Names of directories below a path, for "Open directories…". */
    directories: { params: z.object({ path: BytesText }), result: z.object({ names: z.array(BytesText) }) },
    /** Builds (or opens) the demo in this folder and holds it until `demoEnd` or the engine's end. */
    demo: {
      params: z.object({ directory: BytesText.nullable() }),
      result: z.object({ stack: StackRef, form: z.string() }),
    },
    demoEnd: { params: z.object({}), result: z.null() },
  },
  events: {
    view: ViewState,
    /** The probe came, went, or changed privilege. */
    probe: z.object({ state: z.enum(['up', 'down']), readAs: z.string(), message: z.string().nullable() }),
    /** A view's inode map is up to date with its last reading. */
    map: MapKept,
    /** What a view's last reading showed is remembered: details tell of it. */
    history: z.object({ view: ViewId }),
    notice: z.object({ text: z.string(), severity: z.enum(['info', 'warning', 'error']) }),
  },
} satisfies Contract;
export type EngineContract = typeof engineContract;
