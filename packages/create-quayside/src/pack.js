// Before npm packs this package: writes the template's files into it. With --clean, after: removes them.
'use strict';
const fs = require('node:fs');
const { writeFiles } = require('./project.js');
const { packedFolder, packedNames, repository, templateFiles } = require('./template.js');

fs.rmSync(packedFolder, { recursive: true, force: true });
if (!process.argv.includes('--clean')) {
  if (repository === undefined) throw new Error('only in its repository can create-quayside be packed');
  const packed = templateFiles().map((file) => ({ ...file, path: packedNames.get(file.path) ?? file.path }));
  writeFiles(packedFolder, packed);
}
