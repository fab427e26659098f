// After the image tests: removes the images that they built; the build cache stays for the next time.
import { spawnSync } from 'node:child_process';
import { IMAGE } from './docker';

export default function remove(): void {
  const image = process.env[IMAGE];
  if (image === undefined) return;
  spawnSync('docker', ['image', 'rm', '--force', image, `${image}-toolchain`]);
}
