/** Overlay attributes and the file handles in them: what their bytes mean. */
export { type Decoded, decodeHandle, decodeXattr, type XattrField } from './decode.ts';
export {
  arrayOfHex,
  FB_MAGIC,
  FbField,
  FbFlag,
  FidType,
  fuseNode,
  type HandleProblem,
  hexOfArray,
  inodeOfFid,
  isFuse,
  nestedHandle,
  type ParsedFb,
  parseHandle,
  uuidText,
} from './handle.ts';
export { isOverlayName, type MarkPrefix, OVERLAY_NAMES, type OverlayName, parseXattrName } from './names.ts';
