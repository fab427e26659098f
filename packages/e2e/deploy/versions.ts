// The versions of the deploys' service, as images: the first is built of a checkout, and the others are made from it.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker, type Checkout } from '../harness/docker';

/** What each has beyond the first one. */
const changes = {
  first: '',
  second: 'ENV VERSION=2',
  third: 'ENV VERSION=3',
  crashes: `ENV VERSION=broken\nRUN echo "throw new Error('this version is broken')" >dist/identidock.js`,
  // It listens, and says of itself that it is not ready.
  'never gets ready': `ENV VERSION=broken\nRUN sed -i 's/attach:/ready: () => { throw new Error("this version is not ready"); }, attach:/' dist/identidock.js`,
  'fails its smoke request': `ENV VERSION=broken\nRUN sed -i "s/app.get('.'/app.get('\\/elsewhere'/" dist/identidock.js`,
};
export type Version = keyof typeof changes;

/**
 * Gives a checkout the service, and has Caddy repeat nothing but a connection that was refused. By itself it also sends a
 * GET again that has got no answer, and so would hide that one was lost.
 * @param caddyfile - within the checkout
 */
export function prepare(checkout: Checkout, caddyfile: string): void {
  copyFileSync(join(__dirname, 'service.ts'), join(checkout.dir, 'app/identidock.ts'));
  checkout.edit(caddyfile, (text) => text.replace(/^\t\tlb_try_duration/m, '\t\tlb_retry_match method NONE\n$&'));
}

/** @returns the name of a version's image */
export function imageOf({ image }: Checkout, version: Version): string {
  return `${image}:${version.replaceAll(' ', '-')}`;
}

/** Makes a version's image from the checkout's, which was built before. */
export async function makeVersion(checkout: Checkout, version: Version): Promise<void> {
  const name = imageOf(checkout, version);
  const dockerfile = join(checkout.dir, `Dockerfile.${version.replaceAll(' ', '-')}`);
  writeFileSync(dockerfile, `FROM ${checkout.image}\nUSER root\n${changes[version]}\nUSER 1000:1000\n`);
  await docker('build', '--quiet', '--tag', name, '--file', dockerfile, checkout.dir);
}
