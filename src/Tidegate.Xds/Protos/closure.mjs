// Prints the .proto files that roots.txt names with all that they import, one path a line, as `<import root>|<path>`.
// usage: node closure.mjs ROOTS_FILE IMPORT_ROOT...   (the first import root that has a file wins)
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [rootsFile, ...importRoots] = process.argv.slice(2);
const pending = readFileSync(rootsFile, 'utf8').split('\n').map(line => line.trim()).filter(line => line && !line.startsWith('#'));
const found = new Map();

while (pending.length > 0) {
  const path = pending.pop();
  if (found.has(path) || path.startsWith('google/protobuf/')) continue; // the well-known types come with Google.Protobuf
  const importRoot = importRoots.find(root => existsSync(join(root, path)));
  if (!importRoot) {
    console.error(`closure.mjs: ${path} is in none of ${importRoots.join(', ')}`);
    process.exit(1);
  }
  const text = readFileSync(join(importRoot, path), 'utf8');
  found.set(path, importRoot);
  for (const [, imported] of text.matchAll(/^import\s+(?:public\s+)?"([^"]+)";/gm)) pending.push(imported);
}

for (const path of [...found.keys()].sort()) console.log(`${found.get(path)}|${path}`);
