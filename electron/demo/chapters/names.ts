import { type ChapterStep, directories, type Plan, step } from '../step.ts';

const UPLOADS = 'srv/www/uploads';

/** A name as its bytes in latin1 text, as the shell writes it, and what it would do to a careless reader. */
const HOSTILE: [name: string, word: string, about: string][] = [
  ['report final.pdf', "'report final.pdf'", 'Spaces: unquoted, a shell makes two words of it.'],
  ['-rf', '-rf', 'A leading dash: `rm *` would take it for options.'],
  [`it's "quoted".txt`, `"it's \\"quoted\\".txt"`, 'Both kinds of quotes.'],
  ['back\\slash.txt', "'back\\slash.txt'", 'A backslash, which is no separator here.'],
  ['$(reboot).txt', "'$(reboot).txt'", 'A command substitution, if somebody pastes it into double quotes.'],
  [' ', "' '", 'A single space.'],
  ['tab\there.txt', `"$(printf 'tab\\there.txt')"`, 'A tab, which breaks tables.'],
  ['line\nbreak.txt', `"$(printf 'line\\nbreak.txt')"`, 'A newline: one name, two lines of a listing.'],
  ['\x1b[31mred\x1b[0m.log', `"$(printf '\\033[31mred\\033[0m.log')"`, 'ESC: a terminal would obey what follows.'],
  [
    'invoice\xe2\x80\xaefdp.exe',
    `"$(printf 'invoice\\342\\200\\256fdp.exe')"`,
    'A right-to-left override (U+202E): shown as it asks, it ends in "exe.pdf".',
  ],
  ['caf\xc3\xa9.txt', `"$(printf 'caf\\303\\251.txt')"`, 'An e with acute in one character ...'],
  ['cafe\xcc\x81.txt', `"$(printf 'cafe\\314\\201.txt')"`, '... and in two: another name that looks the same.'],
  ['caf\xe9.txt', `"$(printf 'caf\\351.txt')"`, 'The same in latin1: not valid UTF-8, and still a name.'],
  ['broken\xff\xfe', `"$(printf 'broken\\377\\376')"`, 'Two bytes that no UTF-8 text can hold.'],
  ['<img src=x onerror=alert(1)>', "'<img src=x onerror=alert(1)>'", 'Markup, if a page takes it for markup.'],
  ['n'.repeat(255), `"$(printf '%255s' '' | tr ' ' n)"`, 'As long as a name can be: 255 bytes.'],
];

/** Names that break whoever takes names for text. */
export function names(plan: Plan): ChapterStep[] {
  const into = plan.form === 'directories' ? 'upper' : 'merged';
  return [
    directories(into, 'Where visitors leave files, with whatever names they like.', UPLOADS),
    ...HOSTILE.map(([name, word, about]) => step(`${UPLOADS}/${name}`, `touch -- ${into}/${UPLOADS}/${word}`, about)),
  ];
}
