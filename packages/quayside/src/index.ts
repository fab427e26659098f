// What whoever writes a service may import: the type of what its file exports.
export type { CreateApp } from './http/service';
