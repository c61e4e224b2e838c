/** A line cut at spaces to so many columns; a word that is longer stands whole on a line of its own. */
export function folded(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A raw text cut wherever so many columns are full, each cut marked by a backslash at its end. */
export function cut(text: string, columns: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > columns) {
    lines.push(`${rest.slice(0, columns - 1)}\\`);
    rest = rest.slice(columns - 1);
  }
  return [...lines, rest];
}
