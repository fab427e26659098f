// Before npm packs this package: copies the template's files into it. With --clean, after: removes them.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { packedFolder, packedNames, repository, rootFiles } = require('./template.js');

fs.rmSync(packedFolder, { recursive: true, force: true });
if (!process.argv.includes('--clean')) {
  if (repository === undefined) throw new Error('only in its repository can create-quayside be packed');
  for (const file of rootFiles()) {
    const target = path.join(packedFolder, packedNames.get(file.path) ?? file.path);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, file.text, { mode: file.executable ? 0o755 : 0o644 });
  }
}
