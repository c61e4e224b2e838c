/** Examples at the end of each command's help. */
const EXAMPLES = {
  list: [
    ['stratoscope list', 'a table'],
    ['sudo stratoscope list --format ndjson', 'one object a mount, for a program'],
  ],
  scan: [
    ['sudo stratoscope scan /srv/web', 'every object; NDJSON to a program, a table on a terminal'],
    ['sudo stratoscope scan --summary /srv/web', 'counts and times alone'],
    ['sudo stratoscope scan --path etc --depth 1 /srv/web', 'etc and what is directly in it'],
    ['stratoscope scan --lower top --lower base --upper changes', 'directories, as they would be mounted'],
  ],
  tree: [
    ['sudo stratoscope tree /srv/web', 'the tree, a cell for each layer'],
    ['sudo stratoscope tree --hidden --path srv /srv/web', 'with what lies hidden below srv'],
    ['sudo stratoscope tree /merged --pid 812', "a container's mount, as its process 812 sees it"],
  ],
  explain: [
    ['sudo stratoscope explain /srv/web etc/passwd', 'in words'],
    ['sudo stratoscope explain --script /srv/web etc/passwd > again.sh', 'a script that builds the like'],
    [
      'sudo stratoscope explain --format json /srv/web etc/passwd',
      'with steps, attributes and commands, for a program',
    ],
  ],
  inode: [
    ['sudo stratoscope inode /srv/web 9223372036854775826', 'every path, layer and role that has the number'],
    ['sudo stratoscope inode --all 0x1234', 'in every mount in sight'],
  ],
  doctor: [
    ['sudo stratoscope doctor /srv/web', 'what misleads programs there, why, and what cures it'],
    ['sudo stratoscope doctor --format ndjson /srv/web', 'one finding a line, for a program'],
    ['sudo stratoscope doctor --script cures.sh --lower base --upper changes', 'with a script to read and run by hand'],
  ],
  why: [
    ['sudo stratoscope why /srv/web "ls: cannot access \'f\': Stale file handle"', 'what in that mount can cause it'],
    ['sudo stratoscope why /srv/web "Invalid cross-device link"', 'a part of a message does'],
  ],
  verify: [
    ['sudo stratoscope verify /srv/web', 'says what it may change, asks, and prints what differs'],
    ['sudo stratoscope verify --yes --rows all /srv/web etc/passwd', 'every answer for one path, without asking'],
  ],
  map: [
    ['sudo stratoscope map build --db web.map /srv/web', 'which upper inode came from which lower one'],
    ['stratoscope map show --db web.map', 'every entry'],
    ['stratoscope map get --db web.map --upper 8:1:1234', 'what an upper inode is mapped to'],
    ['sudo stratoscope map check --db web.map /srv/web', 'entries that are true no more'],
  ],
  watch: [
    ['sudo stratoscope watch /srv/web', 'until Ctrl-C; NDJSON to a program, a table on a terminal'],
    ['sudo stratoscope watch /srv/web --for 10', 'for ten seconds'],
    ['sudo stratoscope watch /srv/web | grep copied-up', 'only what is copied up'],
  ],
  open: [
    ['stratoscope open', 'the window, with every mount in sight'],
    ['stratoscope open /srv/web', 'the window on that mount'],
    ['stratoscope open --lower a --lower b --upper u', 'the window on these directories'],
  ],
  serve: [
    ['stratoscope serve', 'the app in a browser; prints the address to open'],
    ['stratoscope serve --port 8080 /srv/web', 'at a fixed port, on that mount'],
  ],
  program: [
    ['stratoscope list', 'every overlay mount in sight'],
    ['sudo stratoscope tree /srv/web', 'what is in it, and where each entry lives'],
    ['stratoscope demo /tmp/demo', 'a small stack that holds one of everything, to learn from'],
  ],
  demo: [
    ['stratoscope demo /tmp/demo', 'builds it there and holds it until Ctrl-C'],
    ['stratoscope demo --script', 'the commands that make it'],
    ['stratoscope demo --remove /tmp/demo', 'clears what a killed demo left'],
  ],
  scheme: [
    ['sudo stratoscope scheme exec --lower base --upper changes --work work < operations', 'an answer a line'],
    [`echo '{"op":"stat","path":"f"}' | sudo stratoscope scheme exec --lower b --upper u --work w`, 'one operation'],
  ],
  schema: [
    ['stratoscope schema', 'the names'],
    ['stratoscope schema scan', 'the JSON Schema of an object of scan'],
  ],
} satisfies Record<string, [string, string][]>;

export function examples(name: keyof typeof EXAMPLES): string {
  const rows = EXAMPLES[name];
  const width = Math.max(...rows.map(([command]) => command.length));
  return `\nExamples:\n${rows.map(([command, about]) => `  ${command.padEnd(width)}  ${about}`).join('\n')}`;
}
