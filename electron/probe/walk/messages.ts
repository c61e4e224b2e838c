/** What the main thread and the threads of a walk say to each other. */

/** A layer's root: its number, the open descriptor, and whether it is reached by path instead of through a clone. */
export type WalkRoot = { layer: number; fd: number; byPath: boolean };

/** Where an origin of a filesystem is opened: index of a root that lies on it, and the uuid, 16 bytes. */
export type OriginPlace = { root: number; uuid: Uint8Array };

/** What is read beside names, attributes and overlay marks. */
export type WalkWishes = { targets: boolean; origins: OriginPlace[] };

/** Walk: take part until the frontier is empty. */
export type ToWalker = { walk: number; frontier: SharedArrayBuffer; roots: WalkRoot[] } & WalkWishes;

/** A chunk with its place in the order, or the end of this thread's part. */
export type FromWalker = { walk: number } & ({ ticket: number; chunk: Uint8Array<ArrayBuffer> } | { done: true });
