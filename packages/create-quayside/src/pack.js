// Writes the template's files into this package before npm packs it. With --clean, removes them afterwards.
'use strict';
const fs = require('node:fs');
const { writeFiles } = require('./project.js');
const { packedFolder, packedNames, repository, templateFiles } = require('./template.js');

fs.rmSync(packedFolder, { recursive: true, force: true });
if (!process.argv.includes('--clean')) {
  if (repository === undefined) throw new Error('create-quayside can be packed only in its repository');
  const packed = templateFiles().map((file) => ({ ...file, path: packedNames.get(file.path) ?? file.path }));
  writeFiles(packedFolder, packed);
}
