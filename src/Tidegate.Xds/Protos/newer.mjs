// Writes the .proto files that newer-fields.txt names, with what it adds to them, below a folder that is to be the first import root.
// usage: node newer.mjs NEWER_FIELDS OUTPUT_FOLDER IMPORT_ROOT...
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [newerFile, output, ...importRoots] = process.argv.slice(2);

function fail(message) {
  console.error(`newer.mjs: ${message}`);
  process.exit(1);
}

// How many blocks a line opens, less those it closes. Comments may hold braces of their own.
function depthOf(line) {
  const code = line.replace(/\/\/.*$|"[^"]*"/g, '');
  return code.split('{').length - code.split('}').length;
}

// The lines of a block: from behind its first to that of its brace.
function blockOf(lines, path) {
  let [start, end] = [0, lines.length];
  for (const name of path) {
    start = lines.findIndex((line, i) => i >= start && i < end && new RegExp(`^\\s*(message|enum|oneof) ${name} \\{`).test(line));
    if (start < 0) fail(`there is no ${path.join('.')}`);
    let depth = 0;
    for (end = start; (depth += depthOf(lines[end])) > 0; end++);
    start++;
  }
  return [start, end];
}

function add(lines, path, declaration) {
  const [start, end] = blockOf(lines, path);
  const number = declaration.endsWith('}') ? null : /= (\d+);$/.exec(declaration)[1];
  let depth = 0;
  for (let i = start; number && i < end; i++) {
    if (depth === 0 && new RegExp(`^\\s*\\w[^/]* = ${number}\\s*(;|\\[|$)`).test(lines[i])) {
      const last = lines.findIndex((line, j) => j >= i && line.trimEnd().endsWith(';'));
      lines.splice(i, last - i + 1, declaration);
      return;
    }
    depth += depthOf(lines[i]);
  }
  lines.splice(end, 0, declaration);
}

let path, lines;
function write() {
  if (!path) return;
  const file = join(output, path);
  const text = lines.join('\n');
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

for (const line of readFileSync(newerFile, 'utf8').split('\n')) {
  if (!line.trim() || line.startsWith('#')) continue;
  if (!line.startsWith(' ')) {
    write();
    path = line.trim();
    const root = importRoots.find(root => existsSync(join(root, path))) ?? fail(`${path} is in none of ${importRoots.join(', ')}`);
    lines = readFileSync(join(root, path), 'utf8').replaceAll('\r', '').split('\n');
    continue;
  }
  const [, place, declaration] = /^\s+([\w.]+): (.*)$/.exec(line) ?? fail(`"${line}" is no declaration`);
  if (place === 'import') {
    if (!lines.includes(`import "${declaration}";`)) lines.splice(lines.findIndex(l => l.startsWith('import ')), 0, `import "${declaration}";`);
  } else {
    add(lines, place.split('.'), declaration);
  }
}
write();
