/** Three layers, seen from the side: upper, lower, what lies beneath. */
export const Logo = () => (
  <svg className="logo" viewBox="0 0 20 20" aria-hidden="true">
    <path className="stroke-upper" d="M10 2 18 6 10 10 2 6Z" />
    <path className="stroke-lower" d="M2 10l8 4 8-4" />
    <path className="stroke-text" d="M2 14l8 4 8-4" />
  </svg>
);
