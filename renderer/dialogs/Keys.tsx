/** The keys of a command as they are pressed; nothing where it has none. */
export const Keys = ({ keys }: { keys: string | undefined }) =>
  keys === undefined ? null : <kbd className="keys">{keys.split(/\+(?=.)/).join(' ')}</kbd>;
