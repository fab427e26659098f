// Checks the shell scripts, which an editor, an archive or another system may have damaged.
'use strict';

const fs = require('fs');
const path = require('path');
const { ok, wrong } = require('./finding');

/**
 * Checks that the shell scripts have LF line endings, and that cmd.sh is executable.
 * @param {string} root
 */
function checkScripts(root) {
  const ci = fs.existsSync(path.join(root, '.ci')) ? fs.readdirSync(path.join(root, '.ci')) : [];
  const isScript = (/** @type {string} */ name) => fs.readFileSync(path.join(root, name), 'utf8').startsWith('#!');
  const scripts = ['cmd.sh', ...ci.map((name) => `.ci/${name}`).filter(isScript)];
  const findings = scripts
    .filter((name) => fs.readFileSync(path.join(root, name)).includes('\r\n'))
    .map((name) =>
      wrong(
        `${name} has Windows line endings (CRLF), which a shell cannot run`,
        `Save it with LF in your editor, or run: sed -i 's/\\r$//' ${name}`,
      ),
    );
  // Windows has no executable bit; the image sets it in any case.
  if (process.platform !== 'win32' && !(fs.statSync(path.join(root, 'cmd.sh')).mode & 0o100)) {
    findings.push(wrong('cmd.sh is not executable', 'Run: chmod +x cmd.sh'));
  }
  return findings.length > 0 ? findings : [ok('the shell scripts have LF line endings, and cmd.sh is executable')];
}

module.exports = { checkScripts };
