const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A line of CSV (RFC 4180, but for the line's end, a line feed): fields with commas, quotes or line ends in quotes. */
export const csvLine = (fields: readonly string[]): string => `${fields.map(quote).join(',')}\n`;
