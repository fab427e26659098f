// Reads Kubernetes objects, as a JSON list on stdin, and writes for each what its schema says against it: a JSON list of lists.
import { text } from 'node:stream/consumers';

/** The module that has the class of a kind. */
function moduleOf({ apiVersion, kind }) {
  const owner = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  return `${owner}/${apiVersion}/${kind}`;
}

async function problemsOf(object) {
  const { [object.kind]: Model } = await import(moduleOf(object));
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

const objects = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(await Promise.all(objects.map(problemsOf))));
