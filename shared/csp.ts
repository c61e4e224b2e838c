/**
 * The page's Content-Security-Policy. One text for the meta tag that the build writes into the page, the header that
 * `serve` sends and the header that the window's session adds.
 *
 * Nothing inline, nothing from elsewhere: the page is its own files and one connection back to where it came from.
 * `frame-ancestors` counts in a header only, browsers ignore it in a meta tag.
 */
const DIRECTIVES: readonly (readonly [name: string, value: string])[] = [
  ['default-src', "'none'"],
  ['script-src', "'self'"],
  ['style-src', "'self'"],
  ['img-src', "'self'"],
  ['font-src', "'self'"],
  ['connect-src', "'self'"],
  ['base-uri', "'none'"],
  ['form-action', "'none'"],
];

export const CSP_META: string = DIRECTIVES.map(([name, value]) => `${name} ${value}`).join('; ');

export const CSP_HEADER: string = `${CSP_META}; frame-ancestors 'none'`;
