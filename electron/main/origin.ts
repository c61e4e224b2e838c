/** The scheme and address of the page inside the window: not a file, so that files have no privilege there. */
export const SCHEME = 'stratoscope';
export const PAGE_URL = `${SCHEME}://page/`;

/** Whether an address is the page's own, or made by the page itself (blob:). */
export function isOwn(address: string): boolean {
  try {
    const url = new URL(address);
    if (url.protocol === 'blob:') return url.pathname.startsWith(PAGE_URL);
    return url.protocol === `${SCHEME}:` && url.host === 'page' && url.username === '' && url.port === '';
  } catch {
    return false;
  }
}
