/**
 * Union link count of an indexed inode (copy_up.c:ovl_set_nlink_common, inode.c:ovl_get_nlink): overlay.nlink holds the
 * difference to the upper's (U) or the lower's (L) own count. Where the lower has one name, or the value says nothing
 * sound, the upper's own count stands.
 */
export function unionLinks(value: string | null, upperLinks: number, lowerLinks: number): number {
  const parsed = value === null || lowerLinks === 1 ? null : /^([UL])([+-]\d{1,10})\n?$/.exec(value);
  if (!parsed) return upperLinks;
  if (Math.abs(Number(parsed[2])) > 0x7fffffff) return upperLinks;
  const links = (parsed[1] === 'L' ? lowerLinks : upperLinks) + Number(parsed[2]);
  return links > 0 ? links : upperLinks;
}
