// What whoever writes a service may import.
export type { CreateApp, Service } from './http/service';
