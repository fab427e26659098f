// The shell scripts, as an editor, an archive or another system may have left them.
'use strict';

const fs = require('fs');
const path = require('path');
const { ok, wrong } = require('./finding');

/**
 * Checks that the shell scripts have the line ends that a shell takes, and that cmd.sh may be run.
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
        `${name} has the line ends of Windows (CRLF), at which a shell fails`,
        `Save it with LF in your editor, or run: sed -i 's/\\r$//' ${name}`,
      ),
    );
  // Windows has no such right; the image sets it in any case.
  if (process.platform !== 'win32' && !(fs.statSync(path.join(root, 'cmd.sh')).mode & 0o100)) {
    findings.push(wrong('cmd.sh may not be run', 'Run: chmod +x cmd.sh'));
  }
  return findings.length > 0 ? findings : [ok('the shell scripts end their lines with LF, and cmd.sh may be run')];
}

module.exports = { checkScripts };
